// Keras's MaxNorm over each unit's inputs: w * min(n, m) / (n + 1e-7), n the unit's Euclidean norm. Keras scales
// by that factor even where n is below m, and so does this.
//
// Pure; any thread; no errors. How the squares are summed is sgd.cc's.
#pragma once

namespace hpsearch::optim {

// From the sum of squares of a unit's weights, from 0, the factor that they are scaled by. `max_norm` is above 0.
float MaxNormFactor(float square_sum, float max_norm);

}  // namespace hpsearch::optim
