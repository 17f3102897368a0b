// Which reports of epochs a worker may send.
#include "server/study/curve.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <vector>

namespace hpsearch::study {
namespace {

using ::testing::HasSubstr;
using Limits = std::numeric_limits<double>;

const std::vector<model::Metric> kMetrics = {model::Metric::kAccuracy, model::Metric::kMae};

EpochRecord Sound(std::int64_t number) {
  EpochRecord epoch;
  epoch.epoch = number;
  epoch.train_loss = epoch.validation_loss = 2;
  epoch.train_error = epoch.validation_error = 0.5;
  epoch.learning_rate = 0.1;
  epoch.seconds = 1;
  for (const model::MetricPart part : {model::MetricPart::kTrain, model::MetricPart::kValidation}) {
    epoch.metrics.push_back({{part, model::Metric::kAccuracy}, 0.5});
    epoch.metrics.push_back({{part, model::Metric::kMae}, 3.5});
  }
  return epoch;
}

OpenTrial Trial(std::int64_t reported) {
  OpenTrial trial;
  trial.record.epochs_planned = 4;
  trial.reported = reported;
  return trial;
}

TEST(Curve, EpochsFollowOneAnotherAndWhatIsKnown) {
  const auto check = [](std::int64_t reported, const std::vector<std::int64_t>& numbers) {
    std::vector<EpochRecord> epochs;
    for (const std::int64_t number : numbers) epochs.push_back(Sound(number));
    return CheckReport(Trial(reported), kMetrics, epochs);
  };
  for (const std::vector<std::int64_t>& good :
       {std::vector<std::int64_t>{}, {1}, {2}, {3}, {1, 2, 3, 4}, {2, 3}, {3, 4}}) {
    EXPECT_TRUE(check(2, good).ok()) << ::testing::PrintToString(good) << check(2, good);
  }
  for (const std::vector<std::int64_t>& bad :
       {std::vector<std::int64_t>{0}, {-1}, {4}, {5}, {1, 3}, {2, 1}, {3, 3}, {3, 4, 5}}) {
    EXPECT_TRUE(absl::IsInvalidArgument(check(2, bad))) << ::testing::PrintToString(bad);
  }
}

// A value that is not finite is a result of training, where it is one of the loss's or a metric's.
TEST(Curve, WhatMayComeOfTrainingIsTaken) {
  const std::vector<std::function<void(EpochRecord&)>> changes = {
      [](EpochRecord& epoch) { epoch.train_loss = Limits::infinity(); },
      [](EpochRecord& epoch) { epoch.validation_loss = Limits::quiet_NaN(); },
      [](EpochRecord& epoch) { epoch.train_error = Limits::quiet_NaN(); },
      [](EpochRecord& epoch) { epoch.validation_error = 1; },
      [](EpochRecord& epoch) { epoch.gradient_norm = Limits::quiet_NaN(); },
      [](EpochRecord& epoch) { epoch.weight_norm = 0; },
      [](EpochRecord& epoch) { epoch.metrics[0].value = Limits::quiet_NaN(); },
      [](EpochRecord& epoch) { epoch.metrics[2].value = 1; },
      [](EpochRecord& epoch) { epoch.metrics[3].value = -Limits::infinity(); }};
  for (std::size_t i = 0; i < changes.size(); ++i) {
    EpochRecord epoch = Sound(1);
    changes[i](epoch);
    EXPECT_TRUE(CheckReport(Trial(0), kMetrics, {epoch}).ok()) << i;
  }
}

TEST(Curve, WhatNoTrainingGivesIsNot) {
  struct Case {
    std::function<void(EpochRecord&)> change;
    std::string message;
  };
  const std::vector<Case> cases = {
      {[](EpochRecord& epoch) { epoch.train_error = 1.5; }, "fractions"},
      {[](EpochRecord& epoch) { epoch.validation_error = -0.5; }, "fractions"},
      {[](EpochRecord& epoch) { epoch.learning_rate = Limits::infinity(); }, "learning rate"},
      {[](EpochRecord& epoch) { epoch.seconds = Limits::quiet_NaN(); }, "seconds"},
      {[](EpochRecord& epoch) { epoch.seconds = -1; }, "seconds"},
      {[](EpochRecord& epoch) { epoch.gradient_norm = Limits::infinity(); }, "norms"},
      {[](EpochRecord& epoch) { epoch.weight_norm = -1; }, "norms"},
      {[](EpochRecord& epoch) { epoch.samples_per_second = -1; }, "samples a second"},
      {[](EpochRecord& epoch) { epoch.metrics.pop_back(); }, "3 metrics"},
      {[](EpochRecord& epoch) { epoch.metrics.clear(); }, "0 metrics"},
      {[](EpochRecord& epoch) { std::swap(epoch.metrics[0], epoch.metrics[1]); }, "training.metrics"},
      {[](EpochRecord& epoch) { epoch.metrics[2].metric.part = model::MetricPart::kTrain; }, "training.metrics"},
      {[](EpochRecord& epoch) { epoch.metrics[2].value = 1.5; }, "validation_accuracy of epoch 1 is 1.5"}};
  for (const Case& each : cases) {
    EpochRecord epoch = Sound(1);
    each.change(epoch);
    const absl::Status status = CheckReport(Trial(0), kMetrics, {epoch});
    EXPECT_TRUE(absl::IsInvalidArgument(status)) << each.message;
    EXPECT_THAT(std::string(status.message()), HasSubstr(each.message));
  }
}

TEST(Curve, GoesOnWhereItEndsAndNoticesOtherBits) {
  OpenTrial trial = Trial(0);
  trial.epochs = {Sound(1), Sound(2)};
  EpochRecord later = Sound(1);
  later.seconds = 9;
  const Continuation fresh = Continue(trial, {later, Sound(2), Sound(3)}, 77);
  ASSERT_EQ(fresh.fresh.size(), 1U);
  EXPECT_EQ(fresh.fresh[0].epoch, 3);
  EXPECT_EQ(fresh.fresh[0].reported_at, 77);
  EXPECT_FALSE(fresh.differs.has_value());
  later.metrics[1].value = 3.25;
  EXPECT_EQ(Continue(trial, {later, Sound(2)}, 77).differs, 1);
}

}  // namespace
}  // namespace hpsearch::study
