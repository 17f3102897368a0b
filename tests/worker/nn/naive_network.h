// A network's forward pass as its layers' formulas say it, in double, value by value, channels first: the oracle
// of the layers' tests. Knows no dropout. Slow on purpose; shares nothing with worker/nn but the order of the
// weights.
#pragma once

#include <cstdint>
#include <vector>

#include "server/model/network.h"

namespace hpsearch::nn {

using Values = std::vector<double>;

struct NaiveNetwork {
  model::Network network;
  // Kernel (inputs x units, counted as the layers' headers say) and bias, or gamma and beta, of each layer, as far
  // as it trains them.
  std::vector<Values> weights;
  // Running mean and variance of each batch normalization: used where it is frozen, or nothing is trained.
  std::vector<Values> statistics;

  // The outputs of `rows` samples, without the activation that the network ends with.
  Values Forward(const Values& src, std::int64_t rows, bool training) const;
  // The mean cross-entropy of their softmax.
  double Loss(const Values& src, const std::vector<std::uint8_t>& labels) const;
};

}  // namespace hpsearch::nn
