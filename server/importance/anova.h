// The analysis of variance of a full grid, exactly: the objective as a function on the grid, taken apart into the
// mean, what each axis does alone, what each two do beyond that, and the rest (Sobol', "Sensitivity estimates for
// nonlinear mathematical models", 1993; Hooker, "Generalized functional ANOVA diagnostics for high-dimensional
// functions of dependent variables", 2007). Every cell counts alike; of a point that was trained several times,
// the mean.
//
// Assumes that what neither an axis nor two of them explain is noise: the intervals are of a bootstrap of these
// residuals (Efron, "Bootstrap methods: another look at the jackknife", 1979), drawn by the seed, and of no width
// where there are none. Pure; no errors.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/importance/effect.h"

namespace hpsearch::importance {

// In the order of EffectsOf. nullopt: the points are not each combination of their axes' values, all equally
// often; or there is no axis.
std::optional<std::vector<Effect>> Anova(const Sample& sample, std::uint64_t seed);

}  // namespace hpsearch::importance
