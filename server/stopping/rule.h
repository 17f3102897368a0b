// What a rule that ends single trials is shown, and what it says: the trial's curve of the study's objective so
// far, and what others have reached. A rule is a pure function of that, made once a study from its settings
// (registry.h); it may be asked from any thread. No errors: settings were checked before.
//
// A rule is asked behind each epoch but the last that the trial can have, and not behind one whose loss was not
// finite: with those a trial ends anyway.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "server/stopping/others.h"

namespace hpsearch::stopping {

// The study's objective.
struct Goal {
  std::string metric;
  bool maximize = false;

  bool Better(double a, double b) const { return maximize ? a > b : a < b; }
};

struct Sight {
  const Goal& goal;
  std::span<const double> curve;  // the metric of epoch n at n - 1; NaN: not finite. At least one epoch
  std::int64_t epochs = 0;        // that the trial can have
  const Others& others;

  std::int64_t epoch() const { return static_cast<std::int64_t>(curve.size()); }  // the last
  // The best so far; nullopt: none was finite.
  std::optional<double> Best() const;
};

class Rule {
 public:
  Rule() = default;
  Rule(const Rule&) = delete;
  Rule& operator=(const Rule&) = delete;
  virtual ~Rule() = default;
  // Why the trial is to stop behind its last epoch, for people; nullopt: it goes on.
  virtual std::optional<std::string> Judge(const Sight& sight) const = 0;
};

// Checks that begin behind `warmup` epochs and come each `interval` of them: at epoch warmup + 1 first, as
// Optuna's pruners count, whose steps begin with 0.
struct Checks {
  std::int64_t warmup = 0, interval = 1;
  bool Due(std::int64_t epoch) const { return epoch > warmup && (epoch - 1 - warmup) % interval == 0; }
};

}  // namespace hpsearch::stopping
