#include "server/store/trial_rules.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstddef>
#include <nlohmann/json.hpp>
#include <utility>

#include "server/study/round_boxes.h"

namespace hpsearch::store {
namespace {

using study::IsFinal;
using study::RoundRecord;
using study::StudyRecord;
using study::ToString;
using study::TrialRecord;
using study::TrialState;

// As search.refine's `num` has them.
constexpr std::int64_t kLeastNum = 5, kMostNum = 1001;

class Faults {
 public:
  void Unless(bool holds, std::string what) {
    if (!holds) lines_.push_back(std::move(what));
  }
  std::vector<std::string> Take() { return std::move(lines_); }

 private:
  std::vector<std::string> lines_;
};

std::string ScoreText(const study::Score& score) {
  return score.value ? fmt::format("{} at epoch {}", *score.value, score.epoch.value_or(0)) : "none";
}

void CheckObjective(const TrialRecord& trial, const CurveSummary& curve, Faults& faults) {
  const study::Score stored{trial.objective, trial.best_epoch};
  if (trial.state == TrialState::kFailed || trial.state == TrialState::kDiverged) {
    faults.Unless(!stored.value && !stored.epoch,
                  fmt::format("is {} and has an objective: {}", ToString(trial.state), ScoreText(stored)));
    return;
  }
  faults.Unless(stored == curve.score, fmt::format("its objective is {}, that of its curve {}", ScoreText(stored),
                                                   ScoreText(curve.score)));
}

void CheckEpochs(const TrialRecord& trial, const CurveSummary& curve, Faults& faults) {
  faults.Unless(curve.epochs == trial.epochs,
                fmt::format("has {} epochs by its row, {} in its curve", trial.epochs, curve.epochs));
  // A curve that was taken over is as long as the other trial's was.
  if (IsCopy(trial)) return;
  faults.Unless(curve.last <= trial.epochs_planned,
                fmt::format("has an epoch {}, but {} are planned", curve.last, trial.epochs_planned));
  // One whose extension was broken off says so.
  const bool whole = trial.state == TrialState::kCompleted && trial.reason.empty();
  faults.Unless(!whole || trial.epochs == trial.epochs_planned,
                fmt::format("is COMPLETED after {} of {} epochs", trial.epochs, trial.epochs_planned));
}

// What a round looks at, and with how many points an axis. A row that was written before boxes were has none.
void CheckBoxes(const RoundRecord& round, std::optional<std::size_t> places, Faults& faults) {
  const nlohmann::json boxes = nlohmann::json::parse(round.boxes, nullptr, /*allow_exceptions=*/false);
  const bool read =
      boxes.is_array() && std::ranges::all_of(boxes, [](const nlohmann::json& box) { return box.is_object(); });
  faults.Unless(read, fmt::format("its round {} has boxes that cannot be read; a JSON array of objects is wanted",
                                  round.number));
  if (round.num) {
    faults.Unless(round.by_hand, fmt::format("its round {} has a num of its own, {}, and was not opened by hand",
                                             round.number, *round.num));
    faults.Unless(kLeastNum <= *round.num && *round.num <= kMostNum && *round.num % 2 == 1,
                  fmt::format("its round {} has {} points an axis; an odd number from {} to {} is wanted",
                              round.number, *round.num, kLeastNum, kMostNum));
  }
  if (!read || !round.by_hand || !round.centres.empty()) return;
  const auto point = study::PointIn(round.boxes);
  faults.Unless(point.has_value(),
                fmt::format("its round {} was opened by hand around no trial, and its first box has no 'point' "
                            "that can be read",
                            round.number));
  if (!point || !places) return;
  faults.Unless(point->size() == *places,
                fmt::format("its round {} was opened by hand around a point of {} places; {} are wanted, one for "
                            "each parameter",
                            round.number, point->size(), *places));
}

}  // namespace

std::vector<std::string> FaultsOf(const TrialRecord& trial, const CurveSummary& curve, const StudyRecord& study) {
  Faults faults;
  const std::string state(ToString(trial.state));
  faults.Unless(IsFinal(trial.state) == trial.finished_at.has_value(),
                fmt::format("is {} and has {} time of its end", state, trial.finished_at ? "a" : "no"));
  faults.Unless(trial.state != TrialState::kCompleted || trial.objective, "is COMPLETED without an objective");
  faults.Unless(!IsFinal(study.state) || IsFinal(trial.state),
                fmt::format("is {} in a study that is {}", state, ToString(study.state)));
  faults.Unless(trial.started_at.has_value(), "has no time of its start");
  faults.Unless(nlohmann::json::accept(trial.parameters) && trial.parameters.starts_with('{'),
                "its parameters are no JSON object");
  if (trial.reused_elsewhere.trial > 0) {
    faults.Unless(IsFinal(trial.state) || study.extended_from,
                  fmt::format("is {} and has the curve of trial {}/{}", state, trial.reused_elsewhere.study,
                              trial.reused_elsewhere.trial));
  } else if (IsCopy(trial)) {
    faults.Unless(*trial.reused_from < trial.number && IsFinal(trial.state),
                  fmt::format("is {} and has the curve of trial {}", state, *trial.reused_from));
  } else {
    faults.Unless(!trial.reused_from || *trial.reused_from < trial.number,
                  fmt::format("has the curve of trial {}", trial.reused_from.value_or(0)));
    faults.Unless(trial.attempt >= 1 && !trial.worker.empty(), "was never leased and has a row");
    faults.Unless(trial.lost <= trial.attempt,
                  fmt::format("was lost {} times in {} attempts", trial.lost, trial.attempt));
  }
  CheckEpochs(trial, curve, faults);
  CheckObjective(trial, curve, faults);
  return faults.Take();
}

std::vector<std::string> FaultsOf(const StudyRecord& study) {
  Faults faults;
  const std::string state(ToString(study.state));
  const bool ended = IsFinal(study.state);
  faults.Unless(ended == study.finished_at.has_value(),
                fmt::format("is {} and has {} time of its end", state, study.finished_at ? "a" : "no"));
  faults.Unless(!ended || (!study.stopping && !study.extended_from),
                fmt::format("is {}, and still stopping or being extended", state));
  faults.Unless(study.next_trial <= study.planned_trials + 1,
                fmt::format("goes on with trial {} of {}", study.next_trial, study.planned_trials));
  faults.Unless(study.state != study::StudyState::kCompleted || study.next_trial == study.planned_trials + 1,
                fmt::format("is COMPLETED before trial {} of {}", study.next_trial, study.planned_trials));
  faults.Unless(study.next_trial == 1 || study.started_at.has_value(), "has no time of its start");
  return faults.Take();
}

std::vector<std::string> FaultsOf(const StudyRecord& study, const std::vector<RoundRecord>& rounds,
                                  std::optional<std::size_t> places) {
  Faults faults;
  std::int64_t trials = 0;
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    const RoundRecord& round = rounds[i];
    faults.Unless(round.number == static_cast<int>(i) + 1,
                  fmt::format("has a round {} in place of {}", round.number, i + 1));
    faults.Unless(round.first_trial - 1 == trials,
                  fmt::format("its round {} begins with trial {}, behind {} trials", round.number,
                              round.first_trial, trials));
    const auto earlier = [&](std::int64_t centre) { return 1 <= centre && centre < round.first_trial; };
    faults.Unless(std::ranges::all_of(round.centres, earlier) &&
                      (!round.centres.empty() || round.number == 1 || round.by_hand) &&
                      (round.centres.empty() || round.number > 1),
                  fmt::format("its round {} has centres that no round before it has", round.number));
    CheckBoxes(round, places, faults);
    if (__builtin_add_overflow(trials, round.trials, &trials)) trials = -1;
  }
  faults.Unless(trials == study.planned_trials,
                fmt::format("has {} trials planned, {} in its rounds", study.planned_trials, trials));
  return faults.Take();
}

}  // namespace hpsearch::store
