#include "tests/simulation/race_check.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "tests/simulation/book.h"
#include "tests/simulation/broken.h"

namespace hpsearch::simulation {

using study::TrialState;

namespace {

constexpr std::int64_t kFactor = 3;  // of the kinds of studies.cc

bool HasCome(const TrialEntry& trial, std::int64_t rung) {
  const bool rests = IsFinal(trial.row.state) || trial.row.state == TrialState::kPaused;
  return trial.row.epochs_planned > rung || (trial.row.epochs_planned == rung && rests);
}

// The lower the better, and of two that are equal the first.
std::pair<double, std::int64_t> WorthAt(const TrialEntry& trial, std::int64_t rung) {
  const bool nothing = trial.row.epochs_planned == rung &&
                       (trial.row.state == TrialState::kDiverged || trial.row.state == TrialState::kFailed);
  double best = std::numeric_limits<double>::infinity();
  for (std::int64_t i = 0; i < std::min<std::int64_t>(rung, std::ssize(trial.epochs)) && !nothing; ++i) {
    const double error = trial.epochs[static_cast<std::size_t>(i)].validation_error;
    if (std::isfinite(error)) best = std::min(best, error);
  }
  return {best, trial.row.number};
}

struct Rung {
  std::int64_t come = 0, better = 0;  // of those that have come, how many are better than the trial
  bool all = true;                    // that can come
};

Rung RungOf(const StudyEntry& study, const TrialEntry& trial, std::int64_t rung) {
  Rung found;
  for (const auto& [number, other] : study.trials) {
    if (HasCome(other, rung)) {
      ++found.come;
      found.better += WorthAt(other, rung) < WorthAt(trial, rung) ? 1 : 0;
    } else if (!IsFinal(other.row.state) && other.row.state != TrialState::kPaused) {
      found.all = false;
    }
  }
  found.all = found.all && std::ssize(study.trials) == study.row.planned_trials;
  return found;
}

// How many go on.
std::int64_t ShareOf(const Rung& rung, RaceKind race) {
  if (race == RaceKind::kAsTheyCome) return rung.come / kFactor;
  return rung.all ? std::max<std::int64_t>(1, rung.come / kFactor) : 0;
}

}  // namespace

void CheckWentOn(const StudyEntry& study, RaceKind race, std::int64_t trial, std::int64_t rung) {
  const Rung at = RungOf(study, study.trials.at(trial), rung);
  Invariant(at.better < ShareOf(at, race), "who goes on is among the best",
            "{}/{} behind {} epochs: {} of {} are better", study.row.name, trial, rung, at.better, at.come);
}

void CheckPaused(const StudyEntry& study, RaceKind race) {
  for (const auto& [number, trial] : study.trials) {
    if (trial.row.state != TrialState::kPaused) continue;
    const Rung at = RungOf(study, trial, trial.row.epochs_planned);
    Invariant(at.better >= ShareOf(at, race), "who is among the best goes on",
              "{}/{} at {} epochs: {} of {} are better", study.row.name, number, trial.row.epochs_planned,
              at.better, at.come);
  }
}

}  // namespace hpsearch::simulation
