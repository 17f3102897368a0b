// What is done to gradients before a rule sees them: penalties on the weights are added, as Keras's regularizers
// do through the loss, and bounds are put on them, as Keras's clipnorm, clipvalue and global_clipnorm do. In that
// order, as in Keras.
//
// Sums have sixteen lanes of double, which are added in order. Pure but for what the spans point at; any thread;
// no errors.
#pragma once

#include <span>

namespace hpsearch::optim {

// l1 * sum |w| + l2 * sum w^2: Keras's L1L2.
double Penalty(std::span<const float> value, double l1, double l2);
// Adds the penalty's gradient, l1 * sign(w) + 2 * l2 * w, sign(0) being 0. As long as each other.
void AddPenaltyGradient(std::span<const float> value, double l1, double l2, std::span<float> gradient);

double SquareSum(std::span<const float> values);
// Scales so that the Euclidean norm, whose square is `square_sum`, is `limit` at most. Where it is already, not a
// bit changes.
void ClipByNorm(std::span<float> gradient, double square_sum, double limit);
// Each value into [-limit, limit]; NaN stays.
void ClipByValue(std::span<float> gradient, float limit);

}  // namespace hpsearch::optim
