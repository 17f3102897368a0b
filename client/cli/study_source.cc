#include "client/cli/study_source.h"

#include "server/study/records.h"

namespace hpsearch::cli {
namespace {

bool IsFinalTrialState(const std::string& text) {
  const auto state = study::TrialStateFrom(text);
  return state && study::IsFinal(*state);
}

}  // namespace

bool HasEnded(const store::StudyRow& study) {
  const auto state = study::StudyStateFrom(study.state);
  return state && study::IsFinal(*state);
}

bool HasEnded(const store::TrialRow& trial) { return IsFinalTrialState(trial.state); }

std::int64_t EndedTrials(const store::StudyRow& study) {
  std::int64_t ended = 0;
  for (const auto& [state, trials] : study.trial_counts) {
    if (IsFinalTrialState(state)) ended += trials;
  }
  return ended;
}

}  // namespace hpsearch::cli
