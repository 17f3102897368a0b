#include "worker/data/huge_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdint>
#include <vector>

#include "worker/data/dataset.h"

namespace hpsearch::data {
namespace {

using testing::Each;

TEST(HugePages, LeaveTheBytesAsTheyAre) {
  constexpr std::size_t kPage = std::size_t{2} << 20;
  for (const std::size_t bytes : {std::size_t{0}, std::size_t{1}, kPage - 1, 2 * kPage + 5, 5 * kPage}) {
    std::vector<std::uint8_t> block(bytes);
    for (std::size_t i = 0; i < bytes; ++i) block[i] = static_cast<std::uint8_t>(i * 31 >> 4);
    const std::vector<std::uint8_t> before = block;
    PreferHugePages(block.data(), block.size());
    EXPECT_EQ(block, before) << bytes;
  }
}

TEST(HugePages, TakeSetsOfBytesOfFloatsAndOfNothing) {
  Dataset dataset;
  PreferHugePages(dataset);
  dataset.train.features.assign(std::size_t{9} << 20, 7);
  dataset.test.values.assign(std::size_t{2} << 20, 0.5f);
  PreferHugePages(dataset);
  EXPECT_THAT(dataset.train.features, Each(7));
  EXPECT_THAT(dataset.test.values, Each(0.5f));
}

}  // namespace
}  // namespace hpsearch::data
