#include "server/stopping/convergence.h"

#include <fmt/format.h>

#include "server/stopping/curve_fit.h"
#include "server/stopping/shared_keys.h"

namespace hpsearch::stopping {
namespace {

constexpr double kLeastEpochs = 4;

class Convergence final : public Rule {
 public:
  Convergence(double min_gain, Checks checks) : min_gain_(min_gain), checks_(checks) {}

  std::optional<std::string> Judge(const Sight& sight) const override {
    if (!checks_.Due(sight.epoch())) return std::nullopt;
    const std::optional<CurveFit> fit = FitCurve(sight.curve);
    if (!fit) return std::nullopt;
    const double now = fit->At(static_cast<double>(sight.epoch()));
    const double then = fit->At(static_cast<double>(sight.epochs));
    const double gain = sight.goal.maximize ? then - now : now - then;
    if (gain >= min_gain_) return std::nullopt;
    return fmt::format(
        "{} over {} epochs foresees {} {:.6g} at epoch {} and {:.6g} in the end: {:.3g} to gain, less than {:.6g}",
        fit->family == CurveFit::Family::kPower ? "a power law" : "an exponential", sight.epoch(),
        sight.goal.metric, then, sight.epochs, fit->end, gain, min_gain_);
  }

 private:
  double min_gain_;
  Checks checks_;
};

std::unique_ptr<Rule> Make(const model::Node& settings) {
  const Checks checks{IntegerAt(settings, "min_epochs") - 1, IntegerAt(settings, "interval")};
  return std::make_unique<Convergence>(NumberAt(settings, "min_gain"), checks);
}

}  // namespace

Kind ConvergenceKind() {
  return {.keys = {.name = "convergence",
                   .keys = {{.key = "min_gain", .default_value = 0.001, .domain = {.low = 0, .low_open = true}},
                            {.key = "min_epochs",
                             .type = model::KeyType::kInteger,
                             .default_value = 8,
                             .domain = {.low = kLeastEpochs, .high = kMostEpochs}},
                            IntervalKey()},
                   .shorthand = "min_gain"},
          .make = &Make};
}

}  // namespace hpsearch::stopping
