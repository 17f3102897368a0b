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

TEST(RecordsTest, NormsAndMetricsAreOfTheResultAndTheRateIsNot) {
  constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
  using model::Metric;
  using model::MetricPart;
  EpochRecord epoch{.epoch = 1, .gradient_norm = 0.5, .weight_norm = 3, .samples_per_second = 1e5};
  epoch.metrics = {{{MetricPart::kTrain, Metric::kMae}, 0.25}, {{MetricPart::kValidation, Metric::kMae}, kNan}};
  EpochRecord same = epoch;
  same.samples_per_second = 7;
  EXPECT_TRUE(SameResult(epoch, same));
  for (double EpochRecord::*norm : {&EpochRecord::gradient_norm, &EpochRecord::weight_norm}) {
    EpochRecord other = epoch;
    other.*norm = std::nextafter(epoch.*norm, 9);
    EXPECT_FALSE(SameResult(epoch, other));
    other.*norm = kNotTold;
    EXPECT_TRUE(SameResult(epoch, other)) << "as in a row of an earlier version";
    EXPECT_TRUE(SameResult(other, epoch));
  }
  EpochRecord other = epoch;
  other.metrics[0].value = std::nextafter(0.25, 1);
  EXPECT_FALSE(SameResult(epoch, other));
  other = epoch;
  other.metrics[1].value = 0;
  EXPECT_FALSE(SameResult(epoch, other));
  other = epoch;
  other.metrics[0].metric.metric = Metric::kRmse;
  EXPECT_FALSE(SameResult(epoch, other));
  other = epoch;
  other.metrics.pop_back();
  EXPECT_FALSE(SameResult(epoch, other));
}

}  // namespace
}  // namespace hpsearch::study
