#include "server/stopping/hyperband.h"

#include "server/stopping/race_keys.h"

namespace hpsearch::stopping {
namespace {

RacePlan Plan(const model::Node& settings, std::int64_t epochs) {
  RacePlan plan{.rungs = RungsOf(settings, epochs),
                .factor = IntegerAt(settings, kReductionFactor),
                .waits = true,
                .brackets = {}};
  const auto most = static_cast<std::int64_t>(plan.rungs.size());  // the paper's s_max
  std::int64_t power = 1;
  for (std::int64_t s = 0; s <= most; ++s, power *= plan.factor) {
    const std::int64_t trials = ((most + 1) * power + s) / (s + 1);  // rounded up
    plan.brackets.insert(plan.brackets.begin(), {.first_rung = static_cast<int>(most - s), .trials = trials});
  }
  return plan;
}

}  // namespace

Kind HyperbandKind() {
  return {.keys = {.name = "hyperband", .keys = RaceKeys()}, .check = &CheckRace, .race = &Plan};
}

}  // namespace hpsearch::stopping
