#include "server/stopping/registry.h"

#include <algorithm>

#include "server/stopping/asha.h"
#include "server/stopping/convergence.h"
#include "server/stopping/hyperband.h"
#include "server/stopping/patience.h"
#include "server/stopping/percentile.h"
#include "server/stopping/successive_halving.h"
#include "server/stopping/threshold.h"

namespace hpsearch::stopping {

const std::vector<Kind>& Kinds() {
  static const auto* const kinds = new std::vector<Kind>{
      PatienceKind(),    ThresholdKind(),         MedianKind(), PercentileKind(),
      ConvergenceKind(), SuccessiveHalvingKind(), AshaKind(),   HyperbandKind(),
  };
  return *kinds;
}

const Kind* Find(std::string_view name) {
  const auto found = std::ranges::find(Kinds(), name, [](const Kind& kind) { return kind.keys.name; });
  return found == Kinds().end() ? nullptr : &*found;
}

std::int64_t IntegerAt(const model::Node& settings, std::string_view key) {
  return std::get<std::int64_t>(settings.Find(key)->scalar());
}

double NumberAt(const model::Node& settings, std::string_view key) {
  return std::get<double>(settings.Find(key)->scalar());
}

}  // namespace hpsearch::stopping
