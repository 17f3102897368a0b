#include "server/study/objective.h"

#include <cmath>
#include <limits>

namespace hpsearch::study {

double MetricOf(const Objective& objective, const EpochRecord& epoch) {
  double value = epoch.validation_error;
  if (objective.metric == "validation_loss") value = epoch.validation_loss;
  if (objective.metric == "train_error") value = epoch.train_error;
  if (objective.metric == "train_loss") value = epoch.train_loss;
  for (const MetricValue& each : epoch.metrics) {
    if (MetricName(each.metric.part, each.metric.metric) == objective.metric) value = each.value;
  }
  return std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN();
}

bool Better(const Objective& objective, double a, double b) {
  return objective.direction == Objective::Direction::kMinimize ? a < b : a > b;
}

Score Advance(const Objective& objective, const Score& score, const EpochRecord& epoch) {
  const double value = MetricOf(objective, epoch);
  const bool finite = std::isfinite(value);
  if (objective.at == Objective::At::kLast) return finite ? Score{value, epoch.epoch} : Score{};
  if (!finite || (score.value && !Better(objective, value, *score.value))) return score;
  return Score{value, epoch.epoch};
}

}  // namespace hpsearch::study
