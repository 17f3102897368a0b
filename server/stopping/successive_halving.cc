#include "server/stopping/successive_halving.h"

#include "server/stopping/race_keys.h"

namespace hpsearch::stopping {
namespace {

RacePlan Plan(const model::Node& settings, std::int64_t epochs) {
  return {.rungs = RungsOf(settings, epochs),
          .factor = IntegerAt(settings, kReductionFactor),
          .waits = true,
          .brackets = {{}}};
}

}  // namespace

Kind SuccessiveHalvingKind() {
  return {.keys = {.name = "successive_halving", .keys = RaceKeys()}, .check = &CheckRace, .race = &Plan};
}

}  // namespace hpsearch::stopping
