#include "server/study/records.h"

#include <gtest/gtest.h>

namespace hpsearch::study {
namespace {

TEST(RecordsTest, StatesAreSpelledAsInTheContract) {
  EXPECT_EQ(ToString(StudyState::kRunning), "RUNNING");
  EXPECT_EQ(ToString(StudyState::kFailed), "FAILED");
  EXPECT_EQ(ToString(TrialState::kEarlyStopped), "EARLY_STOPPED");
  EXPECT_EQ(ToString(TrialState::kCancelled), "CANCELLED");
  for (int i = 0; i <= static_cast<int>(StudyState::kFailed); ++i) {
    EXPECT_EQ(StudyStateFrom(ToString(static_cast<StudyState>(i))), static_cast<StudyState>(i));
  }
  for (int i = 0; i <= static_cast<int>(TrialState::kCancelled); ++i) {
    EXPECT_EQ(TrialStateFrom(ToString(static_cast<TrialState>(i))), static_cast<TrialState>(i));
  }
  EXPECT_EQ(StudyStateFrom("running"), std::nullopt);
  EXPECT_EQ(TrialStateFrom(""), std::nullopt);
}

TEST(RecordsTest, PausedIsNotFinal) {
  EXPECT_FALSE(IsFinal(StudyState::kPaused));
  EXPECT_TRUE(IsFinal(StudyState::kStopped));
  EXPECT_FALSE(IsFinal(TrialState::kQueued));
  EXPECT_FALSE(IsFinal(TrialState::kPaused));
  EXPECT_TRUE(IsFinal(TrialState::kDiverged));
}

}  // namespace
}  // namespace hpsearch::study
