#include "server/study/records.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

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

TEST(RecordsTest, AResultIsWhatTrainingDetermines) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  const EpochRecord epoch{1, 0.5, 0.25, 0.5, 0.0, 0.01, 1.5, 7};
  EpochRecord same = epoch;
  same.seconds = 9;
  same.reported_at = 8;
  same.validation_error = -0.0;
  EXPECT_TRUE(SameResult(epoch, same));
  for (double EpochRecord::*value :
       {&EpochRecord::train_loss, &EpochRecord::train_error, &EpochRecord::validation_loss,
        &EpochRecord::validation_error, &EpochRecord::learning_rate}) {
    EpochRecord differs = epoch;
    differs.*value = std::nextafter(epoch.*value, 1);
    EXPECT_FALSE(SameResult(epoch, differs));
    differs.*value = kNan;
    EXPECT_FALSE(SameResult(epoch, differs));
    EpochRecord diverged = differs;
    diverged.*value = -kInfinity;
    EXPECT_TRUE(SameResult(differs, diverged));
  }
}

}  // namespace
}  // namespace hpsearch::study
