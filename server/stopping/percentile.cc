#include "server/stopping/percentile.h"

#include <fmt/format.h>

#include "server/stopping/shared_keys.h"

namespace hpsearch::stopping {
namespace {

constexpr double kMedian = 50;

class PercentileRule final : public Rule {
 public:
  PercentileRule(double percentile, const model::Node& settings)
      : percentile_(percentile),
        startup_trials_(IntegerAt(settings, "startup_trials")),
        min_trials_(IntegerAt(settings, "min_trials")),
        checks_(ChecksOf(settings)) {}

  std::optional<std::string> Judge(const Sight& sight) const override {
    if (!checks_.Due(sight.epoch()) || sight.others.trials() < startup_trials_) return std::nullopt;
    const std::span<const double> others = sight.others.At(sight.epoch());
    const std::optional<double> best = sight.Best();
    if (!best) return sight.others.trials() == 0 ? std::nullopt : std::optional(NotFinite(sight));
    if (others.empty() || static_cast<std::int64_t>(others.size()) < min_trials_) return std::nullopt;
    const double bound = Percentile(others, sight.goal.maximize ? 100 - percentile_ : percentile_);
    if (!sight.goal.Better(bound, *best)) return std::nullopt;
    const std::string which = percentile_ == kMedian ? "the median" : fmt::format("the best {:.6g}%", percentile_);
    return fmt::format("the best {} up to epoch {} is {:.6g}; {} of {} completed trials {} {:.6g} there",
                       sight.goal.metric, sight.epoch(), *best, which, others.size(),
                       percentile_ == kMedian ? "is" : "reach", bound);
  }

 private:
  static std::string NotFinite(const Sight& sight) {
    return fmt::format("{} was finite in none of the first {} epochs", sight.goal.metric, sight.epoch());
  }

  double percentile_;
  std::int64_t startup_trials_, min_trials_;
  Checks checks_;
};

std::unique_ptr<Rule> MakePercentile(const model::Node& settings) {
  return std::make_unique<PercentileRule>(NumberAt(settings, "percentile"), settings);
}

std::unique_ptr<Rule> MakeMedian(const model::Node& settings) {
  return std::make_unique<PercentileRule>(kMedian, settings);
}

std::vector<model::KeyRule> Keys() { return {StartupTrialsKey(), WarmupKey(), IntervalKey(), MinTrialsKey()}; }

}  // namespace

Kind PercentileKind() {
  std::vector<model::KeyRule> keys = Keys();
  keys.insert(keys.begin(), {.key = "percentile", .required = true, .domain = {.low = 0, .high = 100}});
  return {.keys = {.name = "percentile", .keys = std::move(keys), .shorthand = "percentile"},
          .same_for_any_workers = false,
          .make = &MakePercentile};
}

Kind MedianKind() {
  return {.keys = {.name = "median", .keys = Keys()}, .same_for_any_workers = false, .make = &MakeMedian};
}

}  // namespace hpsearch::stopping
