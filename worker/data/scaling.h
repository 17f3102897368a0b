// What a network sees of a set's features, where it is not simply bytes / 255: (x - shift) * scale, feature by
// feature, in float.
//
// Pure; any thread. No errors.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "worker/data/dataset.h"

namespace hpsearch::data {

// Of each feature; both as long as a row.
struct Scaling {
  std::vector<float> shift, scale;
};

// nullopt: bytes / 255, to the bit, which is kUnit of a set of bytes and what such a set has where the study does
// not say (nullopt); one of floats has kNone there. kUnit of floats multiplies by the float next to 1/255, which
// is within an ulp of the quotient. kStandardize: mean and deviation of `rows` of the training part, in double,
// summed row after row; sums over bytes are exact. As sklearn's StandardScaler, the deviation is that of the
// population, and 1 where the feature is constant in those rows. Requires: there are rows.
std::optional<Scaling> ScalingOf(const Dataset& dataset, std::optional<model::Normalize> normalize,
                                 std::span<const std::uint32_t> rows);

}  // namespace hpsearch::data
