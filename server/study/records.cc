#include "server/study/records.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace hpsearch::study {
namespace {

// In the order of the enumerations.
constexpr std::array<std::string_view, 6> kStudyStates = {"RUNNING", "PAUSED",    "COMPLETED",
                                                          "STOPPED", "CANCELLED", "FAILED"};
constexpr std::array<std::string_view, 8> kTrialStates = {"QUEUED",        "RUNNING",  "PAUSED", "COMPLETED",
                                                          "EARLY_STOPPED", "DIVERGED", "FAILED", "CANCELLED"};

template <class State, std::size_t kCount>
std::optional<State> StateFrom(const std::array<std::string_view, kCount>& names, std::string_view text) {
  for (std::size_t i = 0; i < kCount; ++i) {
    if (names[i] == text) return static_cast<State>(i);
  }
  return std::nullopt;
}

bool Same(double a, double b) { return a == b || (!std::isfinite(a) && !std::isfinite(b)); }

bool SameWhereTold(double a, double b) { return std::isnan(a) || std::isnan(b) || Same(a, b); }

}  // namespace

std::string_view ToString(StudyState state) { return kStudyStates.at(static_cast<std::size_t>(state)); }
std::string_view ToString(TrialState state) { return kTrialStates.at(static_cast<std::size_t>(state)); }

std::optional<StudyState> StudyStateFrom(std::string_view text) {
  return StateFrom<StudyState>(kStudyStates, text);
}
std::optional<TrialState> TrialStateFrom(std::string_view text) {
  return StateFrom<TrialState>(kTrialStates, text);
}

bool IsFinal(StudyState state) { return state != StudyState::kRunning && state != StudyState::kPaused; }

bool IsFinal(TrialState state) {
  return state != TrialState::kQueued && state != TrialState::kRunning && state != TrialState::kPaused;
}

bool WasTrained(TrialState state) {
  return state == TrialState::kCompleted || state == TrialState::kEarlyStopped || state == TrialState::kDiverged;
}

bool IsCopy(const TrialRecord& trial) { return trial.reused_from && trial.attempt == 0; }

bool SameResult(const EpochRecord& a, const EpochRecord& b) {
  return Same(a.train_loss, b.train_loss) && Same(a.train_error, b.train_error) &&
         Same(a.validation_loss, b.validation_loss) && Same(a.validation_error, b.validation_error) &&
         Same(a.learning_rate, b.learning_rate) && SameWhereTold(a.gradient_norm, b.gradient_norm) &&
         SameWhereTold(a.weight_norm, b.weight_norm) &&
         std::ranges::equal(a.metrics, b.metrics, [](const MetricValue& x, const MetricValue& y) {
           return x.metric == y.metric && Same(x.value, y.value);
         });
}

}  // namespace hpsearch::study
