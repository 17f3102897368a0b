// worker/data/byte_source.h: any bytes as a file, gzipped or not, read at once and in small pieces.
#include <array>
#include <vector>

#include "tests/fuzz/input.h"
#include "worker/data/byte_source.h"

namespace {

using hpsearch::data::ByteSource;
using hpsearch::fuzz::Input;
using hpsearch::fuzz::Require;

struct Outcome {
  std::vector<std::uint8_t> bytes;
  absl::Status status;
  bool operator==(const Outcome&) const = default;
};

Outcome ReadInPieces(const std::string& path, std::size_t piece) {
  Outcome outcome;
  absl::StatusOr<ByteSource> source = ByteSource::Open(path);
  if (!source.ok()) return {.bytes = {}, .status = source.status()};
  std::vector<std::uint8_t> buffer(piece);
  while (true) {
    const absl::StatusOr<std::size_t> got = source->Read(buffer);
    if (!got.ok()) return {.bytes = {}, .status = got.status()};
    Require(*got <= piece, "no more is read than was asked for");
    outcome.bytes.insert(outcome.bytes.end(), buffer.begin(), buffer.begin() + static_cast<std::ptrdiff_t>(*got));
    Require(outcome.bytes.size() <= source->MostBytes(), "a file holds no more than MostBytes");
    if (*got < piece) break;
  }
  const absl::StatusOr<std::size_t> beyond = source->Read(buffer);
  Require(beyond.ok() && *beyond == 0, "nothing comes behind the end");
  return outcome;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hpsearch::fuzz::Files files({"file"});
  Input input(data, size);
  const std::size_t piece = 1 + hpsearch::fuzz::TakeByte(input);
  files.Write({input});
  const Outcome whole = ReadInPieces(files / "file", 1 << 16);
  Require(whole == ReadInPieces(files / "file", piece), "the pieces are the whole");
  return 0;
}
