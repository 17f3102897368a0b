// worker/data/idx_set.h and idx.h: a set's four files, of which the choices gzip each.
#include "tests/fuzz/input.h"
#include "tests/fuzz/set_promises.h"
#include "worker/data/idx.h"
#include "worker/data/idx_set.h"

namespace {

using hpsearch::fuzz::Require;

void ReadAlone(const std::string& path, hpsearch::data::IdxContent content, std::uint64_t most_bytes) {
  const auto file = hpsearch::data::ReadIdx(path, content, most_bytes);
  if (!file.ok()) return;
  std::int64_t product = 1;
  for (const std::int64_t size : file->sizes) product *= size;
  Require(product == static_cast<std::int64_t>(file->bytes.size()), "there are as many bytes as the sizes say");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hpsearch::fuzz::Files files(
      {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"});
  hpsearch::fuzz::Input input(data, size);
  const unsigned choices = hpsearch::fuzz::TakeByte(input);
  const auto contents = hpsearch::fuzz::Cut(input);
  files.Write(contents, choices);
  const std::uint64_t most_bytes = hpsearch::fuzz::MostBytes((choices & 0x80) != 0);
  if (contents.size() == 1) {
    ReadAlone(files / "train-images-idx3-ubyte", hpsearch::data::IdxContent::kImages, most_bytes);
    ReadAlone(files / "train-images-idx3-ubyte", hpsearch::data::IdxContent::kLabels, most_bytes);
    return 0;
  }
  const auto set = hpsearch::data::ReadIdxSet(files.path(), most_bytes);
  if (set.ok()) hpsearch::fuzz::RequireSet(*set);
  return 0;
}
