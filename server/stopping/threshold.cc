#include "server/stopping/threshold.h"

#include <fmt/format.h>

#include <cmath>

#include "server/stopping/shared_keys.h"

namespace hpsearch::stopping {
namespace {

class Threshold final : public Rule {
 public:
  Threshold(std::optional<double> reached, std::optional<double> worse_than, Checks checks)
      : reached_(reached), worse_than_(worse_than), checks_(checks) {}

  std::optional<std::string> Judge(const Sight& sight) const override {
    if (!checks_.Due(sight.epoch())) return std::nullopt;
    const double value = sight.curve.back();
    const auto says = [&](const char* what, double bound) {
      return fmt::format("{} is {:.6g} behind epoch {}, {} {:.6g}", sight.goal.metric, value, sight.epoch(), what,
                         bound);
    };
    if (!std::isfinite(value)) {
      if (!worse_than_) return std::nullopt;
      return fmt::format("{} is not finite behind epoch {}", sight.goal.metric, sight.epoch());
    }
    if (reached_ && !sight.goal.Better(*reached_, value)) return says("which was to be reached:", *reached_);
    if (worse_than_ && sight.goal.Better(*worse_than_, value)) return says("worse than", *worse_than_);
    return std::nullopt;
  }

 private:
  std::optional<double> reached_, worse_than_;
  Checks checks_;
};

std::unique_ptr<Rule> Make(const model::Node& settings) {
  const auto bound = [&](const char* key) {
    return settings.Find(key) == nullptr ? std::nullopt : std::optional(NumberAt(settings, key));
  };
  return std::make_unique<Threshold>(bound("reached"), bound("worse_than"), ChecksOf(settings));
}

void Check(const model::Node& settings, const Study& study, const std::string& path, model::Faults& faults) {
  const model::Node* reached = settings.Find("reached");
  const model::Node* worse_than = settings.Find("worse_than");
  if (reached == nullptr && worse_than == nullptr) {
    faults.push_back({path, "a bound is missing; 'reached', 'worse_than' or both are wanted"});
  } else if (reached != nullptr && worse_than != nullptr &&
             study.goal.Better(NumberAt(settings, "worse_than"), NumberAt(settings, "reached"))) {
    faults.push_back({path + ".worse_than",
                      fmt::format("it is better than 'reached' where the objective is to {}; nothing would lie "
                                  "between them",
                                  study.goal.maximize ? "maximize" : "minimize")});
  }
}

}  // namespace

Kind ThresholdKind() {
  return {.keys = {.name = "threshold",
                   .keys = {{.key = "reached"}, {.key = "worse_than"}, WarmupKey(), IntervalKey()}},
          .check = &Check,
          .make = &Make};
}

}  // namespace hpsearch::stopping
