#include "worker/data/scaling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cmath>
#include <numeric>

namespace hpsearch::data {
namespace {

using ::testing::ElementsAre;

Dataset OfBytes(std::vector<std::uint8_t> features, std::size_t rows) {
  Dataset dataset;
  dataset.train.features = std::move(features);
  dataset.train.labels.resize(rows);
  return dataset;
}

Dataset OfFloats(std::vector<float> values, std::size_t rows) {
  Dataset dataset;
  dataset.train.values = std::move(values);
  dataset.train.labels.resize(rows);
  return dataset;
}

TEST(ScalingTest, BytesAreDividedBy255AndFloatsByNothing) {
  const std::vector<std::uint32_t> rows = {0, 1};
  EXPECT_FALSE(ScalingOf(OfBytes({0, 255}, 2), std::nullopt, rows).has_value());
  EXPECT_FALSE(ScalingOf(OfBytes({0, 255}, 2), model::Normalize::kUnit, rows).has_value());
  const Scaling none = *ScalingOf(OfFloats({0, 1, 2, 3}, 2), std::nullopt, rows);
  EXPECT_THAT(none.shift, ElementsAre(0, 0));
  EXPECT_THAT(none.scale, ElementsAre(1, 1));
  EXPECT_THAT(ScalingOf(OfBytes({0, 255}, 2), model::Normalize::kNone, rows)->scale, ElementsAre(1));
  EXPECT_THAT(ScalingOf(OfFloats({0, 255}, 2), model::Normalize::kUnit, rows)->scale, ElementsAre(1 / 255.0F));
}

// sklearn 1.2.1: StandardScaler().fit([[1, 5, 3], [2, 5, 0], [6, 5, 3]]): mean_ (3, 5, 2), scale_
// (2.160246899469287, 1.0, 1.4142135623730951).
TEST(ScalingTest, StandardizesOverTheGivenRowsAlone) {
  const std::vector<std::uint32_t> rows = {0, 1, 3};
  for (const Dataset& dataset : {OfBytes({1, 5, 3, 2, 5, 0, 200, 100, 9, 6, 5, 3}, 4),
                                 OfFloats({1, 5, 3, 2, 5, 0, 200, 100, 9, 6, 5, 3}, 4)}) {
    const Scaling scaling = *ScalingOf(dataset, model::Normalize::kStandardize, rows);
    EXPECT_THAT(scaling.shift, ElementsAre(3, 5, 2));
    EXPECT_THAT(scaling.scale, ElementsAre(static_cast<float>(1 / 2.160246899469287), 1,
                                           static_cast<float>(1 / 1.4142135623730951)));
  }
}

TEST(ScalingTest, AConstantFeatureBecomesExactlyZero) {
  std::vector<std::uint32_t> rows(1000);
  std::iota(rows.begin(), rows.end(), 0U);
  const Scaling scaling =
      *ScalingOf(OfFloats(std::vector<float>(1000, 0.1F), 1000), model::Normalize::kStandardize, rows);
  EXPECT_THAT(scaling.shift, ElementsAre(0.1F));
  EXPECT_THAT(scaling.scale, ElementsAre(1.0F));
}

TEST(ScalingTest, ALargeMeanDoesNotSwallowTheDeviation) {
  const std::vector<std::uint32_t> rows = {0, 1};
  const Scaling scaling = *ScalingOf(OfFloats({16777214, 16777216}, 2), model::Normalize::kStandardize, rows);
  EXPECT_THAT(scaling.shift, ElementsAre(16777215));
  EXPECT_THAT(scaling.scale, ElementsAre(1));
}

TEST(ScalingPropertyTest, StandardizedRowsHaveMeanZeroAndDeviationOne) {
  EXPECT_TRUE(rc::check([] {
    const auto bytes = *rc::gen::container<std::vector<std::uint8_t>>(*rc::gen::inRange(2, 200),
                                                                      rc::gen::arbitrary<std::uint8_t>());
    std::vector<std::uint32_t> rows(bytes.size());
    std::iota(rows.begin(), rows.end(), 0U);
    const Scaling scaling = *ScalingOf(OfBytes(bytes, bytes.size()), model::Normalize::kStandardize, rows);
    double sum = 0, squares = 0;
    for (const std::uint8_t byte : bytes) {
      const double scaled = (byte - scaling.shift[0]) * scaling.scale[0];
      sum += scaled;
      squares += scaled * scaled;
    }
    const bool constant = std::ranges::all_of(bytes, [&](std::uint8_t byte) { return byte == bytes[0]; });
    const auto count = static_cast<double>(bytes.size());
    RC_ASSERT(std::abs(sum / count) < 1e-4);
    RC_ASSERT(std::abs(squares / count - (constant ? 0 : 1)) < 1e-4);
  }));
}

}  // namespace
}  // namespace hpsearch::data
