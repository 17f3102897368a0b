#include "server/stopping/shared_keys.h"

#include "server/stopping/registry.h"

namespace hpsearch::stopping {
namespace {

model::KeyRule Count(const char* key, int unset, double low, double high) {
  return {
      .key = key, .type = model::KeyType::kInteger, .default_value = unset, .domain = {.low = low, .high = high}};
}

}  // namespace

model::KeyRule WarmupKey() { return Count("warmup_epochs", 0, 0, kMostEpochs); }

model::KeyRule IntervalKey() { return Count("interval", 1, 1, kMostEpochs); }

Checks ChecksOf(const model::Node& settings) {
  return {IntegerAt(settings, "warmup_epochs"), IntegerAt(settings, "interval")};
}

model::KeyRule StartupTrialsKey() { return Count("startup_trials", 5, 0, kMostTrials); }

model::KeyRule MinTrialsKey() { return Count("min_trials", 1, 1, kMostTrials); }

}  // namespace hpsearch::stopping
