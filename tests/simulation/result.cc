#include "tests/simulation/result.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>
#include <optional>
#include <utility>
#include <vector>

#include "tests/simulation/book.h"
#include "tests/simulation/broken.h"

namespace hpsearch::simulation {

using study::TrialRecord;
using study::TrialState;

namespace {

struct Best {
  std::optional<double> value;
  std::optional<std::int64_t> epoch;
};

// Of the kinds of studies.cc there is one whose objective is that of the last epoch.
Best BestOf(const study::StudyRecord& study, const TrialEntry& trial) {
  const bool loss = study.metric == "validation_loss";
  Best best;
  for (const study::EpochRecord& epoch : trial.epochs) {
    const double value = loss ? epoch.validation_loss : epoch.validation_error;
    if (loss) best = {};
    if (!std::isfinite(value)) continue;
    const bool better = !best.value || (study.direction == "minimize" ? value < *best.value : value > *best.value);
    if (better) best = {value, epoch.epoch};
  }
  return best;
}

}  // namespace

void CheckResult(const StudyEntry& study, const TrialEntry& trial, const TrialRecord& row) {
  const std::string name = fmt::format("{}/{}", study.row.name, row.number);
  const auto stored = std::ssize(trial.epochs);
  const bool diverged = stored > 0 && Diverges(trial.point, stored);
  if (row.state == TrialState::kDiverged) {
    Invariant(diverged && !row.objective, "only what diverges is DIVERGED", "{} after {} epochs", name, stored);
  }
  const Best best = BestOf(study.row, trial);
  if (row.state == TrialState::kEarlyStopped) {
    Invariant(!row.reason.empty() && stored > 0, "what is stopped says why", "{}: {} epochs", name, stored);
    Invariant(row.objective == best.value && row.best_epoch == best.epoch, "a trial's objective is its curve's",
              "{}: {} at {}", name, row.objective.value_or(-1), row.best_epoch.value_or(0));
  }
  if (row.state != TrialState::kCompleted) return;
  Invariant(!diverged, "what diverges is DIVERGED", "{}", name);
  // One that was extended and then ended by force keeps the result that it had.
  Invariant(stored == row.epochs_planned || row.reason.starts_with("extended to"), "a completed trial is whole",
            "{}: {} of {} epochs", name, stored, row.epochs_planned);
  Invariant(row.objective == best.value && row.best_epoch == best.epoch, "a trial's objective is its curve's",
            "{}: {} at {}, of the curve {} at {}", name, row.objective.value_or(-1), row.best_epoch.value_or(0),
            best.value.value_or(-1), best.epoch.value_or(0));
}

void CheckRound(const StudyEntry& study, const study::RoundRecord& round) {
  const std::string name = fmt::format("round {} of {}", round.number, study.row.name);
  const std::int64_t before =
      study.rounds.empty() ? 0 : study.rounds.back().first_trial + study.rounds.back().trials - 1;
  Invariant(round.number == std::ssize(study.rounds) + 1 && round.first_trial == before + 1,
            "rounds follow one another", "{} from {} behind {}", name, round.first_trial, before);
  if (round.number == 1) return;
  std::vector<std::pair<double, std::int64_t>> best;
  Invariant(std::ssize(study.trials) == before, "a round ends with all of its trials", "{}: {} of {}", name,
            study.trials.size(), before);
  for (const auto& [number, trial] : study.trials) {
    Invariant(IsFinal(trial.row.state), "a round ends with all of its trials", "{}: {} is {}", name, number,
              ToString(trial.row.state));
    const bool result = trial.row.state == TrialState::kCompleted || trial.row.state == TrialState::kEarlyStopped;
    if (!result || trial.row.reused_from) continue;
    best.emplace_back(study.row.direction == "minimize" ? *trial.row.objective : -*trial.row.objective, number);
  }
  std::ranges::sort(best);
  for (std::size_t i = 0; i < round.centres.size(); ++i) {
    Invariant(i < best.size() && best[i].second == round.centres[i], "a round is about the best trials", "{}: {}",
              name, fmt::join(round.centres, " "));
  }
}

}  // namespace hpsearch::simulation
