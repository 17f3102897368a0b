// Objectives on the scale on which a Gaussian process can learn them. What is far worse than the middle counts for
// no more than a point somewhat above it (it is winsorized): a training that ran away has no say over how the good
// ones differ, and as the search closes in on them, so does the scale. Then mean 0 and variance 1. Pure; no
// errors.
#pragma once

#include <span>
#include <vector>

namespace hpsearch::strategy {

// The lower the better; order is kept, but among what is cut off. Requires: not empty, all finite.
std::vector<double> ScaleObjectives(std::span<const double> objectives);

}  // namespace hpsearch::strategy
