#include "worker/data/idx.h"

#include <array>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "fmt/format.h"
#include "server/model/network.h"
#include "worker/data/byte_source.h"
#include "worker/data/claimed_bytes.h"

namespace hpsearch::data {
namespace {

constexpr std::uint8_t kUnsignedByte = 0x08;

absl::Status Fault(const ByteSource& source, const std::string& what) {
  return absl::DataLossError(absl::StrCat(source.path(), ": ", what));
}

// The header's sizes, checked against everything that is known before the contents are read.
absl::StatusOr<std::vector<std::int64_t>> ReadHeader(ByteSource& source, IdxContent content) {
  const bool labels = content == IdxContent::kLabels;
  const std::string wanted = labels ? "labels (00 00 08 01)" : "images (00 00 08 02 to 00 00 08 04)";
  std::array<std::uint8_t, 4> magic{};
  absl::StatusOr<std::size_t> got = source.Read(magic);
  if (!got.ok()) return got.status();
  if (*got < magic.size()) {
    return Fault(source, fmt::format("{} bytes; an IDX header has 4 and its sizes", *got));
  }
  const auto [zero, zero_too, type, rank] = magic;
  if (zero != 0 || zero_too != 0) {
    return Fault(source,
                 fmt::format("begins with {:02x} {:02x} {:02x} {:02x}, which is no IDX file; wanted are {}", zero,
                             zero_too, type, rank, wanted));
  }
  if (type != kUnsignedByte) {
    return Fault(source, fmt::format("holds elements of type 0x{:02x}; wanted are unsigned bytes, 0x08", type));
  }
  if (labels ? rank != 1 : rank < 2 || rank > 4) {
    const char* found = rank == 1 ? " (these are labels)" : labels && rank == 3 ? " (these are images)" : "";
    return Fault(source, fmt::format("holds {} axes{}; wanted are {}", rank, found, wanted));
  }
  std::array<std::uint8_t, 16> words{};
  got = source.Read(std::span(words).first(std::size_t{4} * rank));
  if (!got.ok()) return got.status();
  if (*got < std::size_t{4} * rank) return Fault(source, "is cut short within its header");
  std::vector<std::int64_t> sizes;
  for (int axis = 0; axis < rank; ++axis) {
    const std::uint8_t* word = &words[std::size_t{4} * axis];
    sizes.push_back(std::int64_t{word[0]} << 24 | std::int64_t{word[1]} << 16 | std::int64_t{word[2]} << 8 |
                    word[3]);
    if (sizes.back() == 0)
      return Fault(source, fmt::format("its header says 0 for axis {}; it would hold nothing", axis));
  }
  return sizes;
}

}  // namespace

absl::StatusOr<IdxFile> ReadIdx(const std::string& path, IdxContent content, std::uint64_t most_bytes) {
  absl::StatusOr<ByteSource> source = ByteSource::Open(path);
  if (!source.ok()) return source.status();
  absl::StatusOr<std::vector<std::int64_t>> sizes = ReadHeader(*source, content);
  if (!sizes.ok()) return sizes.status();
  IdxFile file{*std::move(sizes), {}};

  const std::uint64_t claimed = BoundedProduct(file.sizes, source->MostBytes());
  absl::StatusOr<std::vector<std::uint8_t>> bytes = ReadClaimed<std::uint8_t>(
      *source, claimed, most_bytes, absl::StrCat("its header says ", model::ToString(file.sizes), " bytes"));
  if (!bytes.ok()) return bytes.status();
  file.bytes = *std::move(bytes);
  return file;
}

}  // namespace hpsearch::data
