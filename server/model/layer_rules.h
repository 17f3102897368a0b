// The names of layers, their arguments and defaults: Keras's, in snake case. Made at the first call, kept for the
// process's life, never changed; from any thread; no errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "server/model/key_table.h"

namespace hpsearch::model {

inline constexpr std::size_t kMostLayers = 1000;
inline constexpr std::int64_t kMostRepetitions = 256;

const KindTable& LayerRules();
// What stands at a layer's kernel_regularizer, which is kAny there.
const KeyTable& RegularizerRules();
// What stands under `repeat` among the layers; `layers` is kAny.
const KeyTable& RepeatRules();

// In the order of ActivationKind, Padding and InitializerKind.
const std::vector<std::string>& ActivationNames();
const std::vector<std::string>& PaddingNames();
const std::vector<std::string>& InitializerNames();

}  // namespace hpsearch::model
