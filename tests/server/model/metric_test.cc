#include "server/model/metric.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

namespace hpsearch::model {
namespace {

using ::testing::ElementsAre;

TEST(MetricTest, EachNameIsFoundAgain) {
  std::set<std::string> names;
  for (const MetricPart part : {MetricPart::kTrain, MetricPart::kValidation}) {
    for (int i = 0; i < kMetrics; ++i) {
      const auto metric = static_cast<Metric>(i);
      EXPECT_EQ(MetricNamed(MetricName(part, metric)), (PartMetric{part, metric}));
      names.insert(MetricName(part, metric));
    }
  }
  EXPECT_EQ(names.size(), 2U * kMetrics);
  EXPECT_TRUE(names.contains("validation_top5_error"));
  for (const char* none : {"mae", "train_", "train_loss", "validation_error", "Train_mae", ""}) {
    EXPECT_EQ(MetricNamed(none), std::nullopt) << none;
  }
}

// The order of records is that of a database that sorts by name.
TEST(MetricTest, TheEnumerationsOrderIsThatOfTheNames) {
  EXPECT_TRUE(std::ranges::is_sorted(MetricNames()));
  EXPECT_LT(MetricName(MetricPart::kTrain, Metric::kTop5Error),
            MetricName(MetricPart::kValidation, Metric::kAccuracy));
}

TEST(MetricTest, EachIsOfOneTask) {
  EXPECT_THAT(MetricNames(Task::kClassification), ElementsAre("accuracy", "top5_error"));
  EXPECT_THAT(MetricNames(Task::kRegression), ElementsAre("mae", "r2", "rmse"));
}

TEST(MetricTest, AccuracyAndR2AreBetterTheLarger) {
  for (const char* name : {"train_accuracy", "validation_r2"}) EXPECT_TRUE(LargerIsBetter(name)) << name;
  for (const char* name : {"validation_loss", "train_error", "validation_mae", "train_top5_error", "r2"}) {
    EXPECT_FALSE(LargerIsBetter(name)) << name;
  }
}

}  // namespace
}  // namespace hpsearch::model
