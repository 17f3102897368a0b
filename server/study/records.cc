#include "server/study/records.h"

#include <array>

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

}  // namespace hpsearch::study
