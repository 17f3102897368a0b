// What a part of an epoch came to: means over its rows. Plain values; no errors.
#pragma once

#include <cstdint>
#include <limits>

#include "server/model/metric.h"
#include "worker/nn/loss.h"

namespace hpsearch::train {

struct Metrics {
  double loss_sum = 0;
  std::int64_t mistakes = 0;
  std::int64_t rows = 0;

  void Add(const nn::LossSum& batch, std::int64_t batch_rows) {
    loss_sum += batch.loss;
    mistakes += batch.mistakes;
    rows += batch_rows;
  }
  double Loss() const { return loss_sum / static_cast<double>(rows); }
  // NaN in a regression, which has none.
  double Error(model::Task task) const {
    if (task == model::Task::kRegression) return std::numeric_limits<double>::quiet_NaN();
    return static_cast<double>(mistakes) / static_cast<double>(rows);
  }
};

}  // namespace hpsearch::train
