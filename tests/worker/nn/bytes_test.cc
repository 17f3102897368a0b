#include "worker/nn/bytes.h"

#include <gtest/gtest.h>

#include <numeric>
#include <vector>

namespace hpsearch::nn {
namespace {

std::vector<std::uint8_t> AllBytes() {
  std::vector<std::uint8_t> bytes(256);
  std::iota(bytes.begin(), bytes.end(), std::uint8_t{0});
  return bytes;
}

TEST(Bytes, AreDividedBy255ToTheBit) {
  const std::vector<std::uint8_t> bytes = AllBytes();
  // Every count up to all of them: whole vectors, parts of vectors, single values.
  for (std::size_t count = 0; count <= bytes.size(); ++count) {
    std::vector<float> dst(count);
    BytesToFloats(bytes.data() + (256 - count), bytes.data(), static_cast<std::int64_t>(count), dst.data());
    for (std::size_t i = 0; i < count; ++i) {
      ASSERT_EQ(dst[i], static_cast<float>(bytes[256 - count + i]) / 255.0f) << count << " " << i;
    }
  }
}

TEST(Bytes, AreKeptFromTheThresholdOnAndScaled) {
  const std::vector<std::uint8_t> bytes = AllBytes();
  std::vector<std::uint16_t> decisions(256);
  for (int i = 0; i < 256; ++i) decisions[i] = static_cast<std::uint16_t>(i * 257);
  std::vector<float> dst(256);
  BytesToFloatsWithDropout(bytes.data(), bytes.data(), decisions.data(), 100 * 257, 1.25f, 256, dst.data());
  for (int i = 0; i < 256; ++i) {
    EXPECT_EQ(dst[i], i >= 100 ? static_cast<float>(i) / 255.0f * 1.25f : 0.0f) << i;
  }
}

}  // namespace
}  // namespace hpsearch::nn
