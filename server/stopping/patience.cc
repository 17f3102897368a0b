#include "server/stopping/patience.h"

#include <fmt/format.h>

#include <cmath>

namespace hpsearch::stopping {
namespace {

class Patience final : public Rule {
 public:
  Patience(std::int64_t epochs, double min_delta) : epochs_(epochs), min_delta_(min_delta) {}

  std::optional<std::string> Judge(const Sight& sight) const override {
    std::optional<double> best;
    std::int64_t best_epoch = 0;
    for (std::int64_t epoch = 1; epoch <= sight.epoch(); ++epoch) {
      const double value = sight.curve[static_cast<std::size_t>(epoch - 1)];
      if (!std::isfinite(value)) continue;
      const double towards = sight.goal.maximize ? value - min_delta_ : value + min_delta_;
      if (best && !sight.goal.Better(towards, *best)) continue;
      best = value;
      best_epoch = epoch;
    }
    if (sight.epoch() - best_epoch < epochs_) return std::nullopt;
    if (!best) {
      return fmt::format("{} was finite in none of the first {} epochs", sight.goal.metric, sight.epoch());
    }
    const std::string by = min_delta_ > 0 ? fmt::format(" by more than {:.6g}", min_delta_) : "";
    return fmt::format("{} has not improved{} for {} epochs, since {:.6g} at epoch {}", sight.goal.metric, by,
                       sight.epoch() - best_epoch, *best, best_epoch);
  }

 private:
  std::int64_t epochs_;
  double min_delta_;
};

std::unique_ptr<Rule> Make(const model::Node& settings) {
  return std::make_unique<Patience>(IntegerAt(settings, "epochs"), NumberAt(settings, "min_delta"));
}

}  // namespace

Kind PatienceKind() {
  return {.keys = {.name = "patience",
                   .keys = {{.key = "epochs",
                             .type = model::KeyType::kInteger,
                             .required = true,
                             .domain = {.low = 1, .high = kMostEpochs}},
                            {.key = "min_delta", .default_value = 0.0, .domain = {.low = 0}}},
                   .shorthand = "epochs"},
          .make = &Make};
}

}  // namespace hpsearch::stopping
