#include "server/stopping/asha.h"

#include "server/stopping/race_keys.h"

namespace hpsearch::stopping {
namespace {

RacePlan Plan(const model::Node& settings, std::int64_t epochs) {
  return {.rungs = RungsOf(settings, epochs),
          .factor = IntegerAt(settings, kReductionFactor),
          .waits = false,
          .brackets = {{}}};
}

}  // namespace

Kind AshaKind() {
  return {.keys = {.name = "asha", .keys = RaceKeys()},
          .check = &CheckRace,
          .same_for_any_workers = false,
          .race = &Plan};
}

}  // namespace hpsearch::stopping
