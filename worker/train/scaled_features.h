// Features of any element to what a network sees of them: (x - shift) * scale, feature by feature, each step
// rounded to float; with the dropout of the network's first layer in the same pass. What worker/nn/bytes.h does
// for bytes / 255.
//
// Pure; any thread. The same bits from every instruction set: there is no sum.
#pragma once

#include <cstdint>

#include "worker/nn/dropout.h"

namespace hpsearch::train {

// `count` features beginning at `src`, with the `shift` and `scale` of each. As many are fetched from `ahead`,
// which will be wanted soon; it may be `src`.
void ScaleFeatures(const std::uint8_t* src, const std::uint8_t* ahead, const float* shift, const float* scale,
                   std::int64_t count, float* dst);
void ScaleFeatures(const float* src, const float* ahead, const float* shift, const float* scale,
                   std::int64_t count, float* dst);

// Value i is kept where decisions[i] says so, and multiplied by dropout.scale behind the scaling.
void ScaleFeaturesWithDropout(const std::uint8_t* src, const std::uint8_t* ahead, const float* shift,
                              const float* scale, const nn::Decision* decisions, const nn::DropoutRule& dropout,
                              std::int64_t count, float* dst);
void ScaleFeaturesWithDropout(const float* src, const float* ahead, const float* shift, const float* scale,
                              const nn::Decision* decisions, const nn::DropoutRule& dropout, std::int64_t count,
                              float* dst);

}  // namespace hpsearch::train
