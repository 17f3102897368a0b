// fANOVA: how much of the variance of the objective over the whole space the axes and each two of them explain,
// as a forest of regression trees predicts it (Hutter, Hoos and Leyton-Brown, "An efficient approach for assessing
// hyperparameter importance", 2014). Of each tree, whose leaves are boxes, the effects are exact; the importance
// is the mean over the trees, the interval what 95 in 100 of them say.
//
// Assumes that the points lie everywhere that matters: where a search has looked at nothing but its best corner,
// the importance is that of the corner. Each tree learns from as many points as there are, drawn by the seed with
// repeats, at most 4,096. Pure; no errors.
#pragma once

#include <cstdint>
#include <vector>

#include "server/importance/effect.h"

namespace hpsearch::importance {

// In the order of EffectsOf; of more than 32 axes, the pairs of the 32 that matter most alone. Zeros where all
// objectives are equal. Requires: an observation, an axis.
std::vector<Effect> Fanova(const Sample& sample, std::uint64_t seed);

}  // namespace hpsearch::importance
