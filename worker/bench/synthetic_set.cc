#include "worker/bench/synthetic_set.h"

#include <cstdint>
#include <cstring>
#include <vector>

#include "worker/data/huge_pages.h"
#include "worker/nn/philox.h"

namespace hpsearch::bench {
namespace {

constexpr std::int64_t kRows = 60000;
constexpr std::int64_t kSide = 28;
constexpr std::int64_t kClasses = 10;

std::vector<std::uint8_t> RandomBytes(std::int64_t count, std::uint32_t stream) {
  const std::int64_t bundle_bytes = nn::kBundleWords * static_cast<std::int64_t>(sizeof(std::uint32_t));
  const std::int64_t bundles = (count + bundle_bytes - 1) / bundle_bytes;
  std::vector<std::uint32_t> words(static_cast<std::size_t>(bundles * nn::kBundleWords));
  nn::PhiloxBundles({stream, 0}, {0, 0, 0}, 0, bundles, words.data());
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(count));
  std::memcpy(bytes.data(), words.data(), bytes.size());
  return bytes;
}

}  // namespace

std::shared_ptr<const data::Dataset> MakeSyntheticSet() {
  auto dataset = std::make_shared<data::Dataset>();
  dataset->key = "synthetic";
  dataset->shape = {.sample = {kSide, kSide}, .classes = kClasses, .train_rows = kRows};
  dataset->train.features = RandomBytes(kRows * kSide * kSide, 1);
  dataset->train.labels = RandomBytes(kRows, 2);
  for (std::uint8_t& label : dataset->train.labels) label = static_cast<std::uint8_t>(label % kClasses);
  data::PreferHugePages(*dataset);
  return dataset;
}

}  // namespace hpsearch::bench
