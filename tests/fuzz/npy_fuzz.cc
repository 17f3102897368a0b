// worker/data/npy_set.h and npy.h: a set's two or four arrays, of which the choices gzip each.
#include "tests/fuzz/input.h"
#include "tests/fuzz/set_promises.h"
#include "worker/data/npy.h"
#include "worker/data/npy_set.h"

namespace {

using hpsearch::fuzz::Require;

void ReadAlone(const std::string& path, std::uint64_t most_bytes) {
  if (const auto features = hpsearch::data::ReadNpyFeatures(path, most_bytes); features.ok()) {
    std::int64_t product = 1;
    for (const std::int64_t size : features->sizes) product *= size;
    Require(product == static_cast<std::int64_t>(features->bytes.size() + features->values.size()),
            "there are as many elements as the shape says");
  }
  (void)hpsearch::data::ReadNpyTargets(path, most_bytes);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const hpsearch::fuzz::Files files({"x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"});
  hpsearch::fuzz::Input input(data, size);
  const unsigned choices = hpsearch::fuzz::TakeByte(input);
  const auto contents = hpsearch::fuzz::Cut(input);
  files.Write(contents, choices);
  const std::uint64_t most_bytes = hpsearch::fuzz::MostBytes((choices & 0x80) != 0);
  if (contents.size() == 1) {
    ReadAlone(files / "x_train.npy", most_bytes);
    return 0;
  }
  const auto set = hpsearch::data::ReadNpySet(files.path(), most_bytes);
  if (set.ok()) hpsearch::fuzz::RequireSet(*set);
  return 0;
}
