#include "server/study/objective.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace hpsearch::study {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Score ScoreOf(const Objective& objective, const std::vector<double>& curve) {
  Score score;
  for (std::size_t i = 0; i < curve.size(); ++i) {
    EpochRecord epoch;
    epoch.epoch = static_cast<std::int64_t>(i) + 1;
    epoch.validation_error = curve[i];
    epoch.train_loss = -curve[i];
    score = Advance(objective, score, epoch);
  }
  return score;
}

TEST(Objective, IsTheBestEpochWithTiesToTheEarlier) {
  EXPECT_EQ(ScoreOf({}, {0.4, 0.2, 0.3, 0.2}), (Score{0.2, 2}));
  const Objective largest{.direction = Objective::Direction::kMaximize};
  EXPECT_EQ(ScoreOf(largest, {0.4, 0.2, 0.4}), (Score{0.4, 1}));
}

TEST(Objective, PassesOverWhatIsNotFinite) {
  EXPECT_EQ(ScoreOf({}, {kNan, 0.5, kNan}), (Score{0.5, 2}));
  EXPECT_EQ(ScoreOf({}, {kNan, kNan}), Score{});
  const Objective largest{.direction = Objective::Direction::kMaximize};
  EXPECT_EQ(ScoreOf(largest, {0.1, std::numeric_limits<double>::infinity()}), (Score{0.1, 1}));
}

TEST(Objective, IsTheLastEpochWhereThatIsAskedFor) {
  const Objective last{.at = Objective::At::kLast};
  EXPECT_EQ(ScoreOf(last, {0.1, 0.3}), (Score{0.3, 2}));
  EXPECT_EQ(ScoreOf(last, {0.1, kNan}), Score{});
}

TEST(Objective, IsOfTheMetricThatIsNamed) {
  EXPECT_EQ(ScoreOf({.metric = "train_loss"}, {0.4, 0.9, 0.1}), (Score{-0.9, 2}));
  EpochRecord epoch;
  epoch.train_error = 1;
  epoch.validation_loss = 2;
  EXPECT_EQ(MetricOf({.metric = "train_error"}, epoch), 1);
  EXPECT_EQ(MetricOf({.metric = "validation_loss"}, epoch), 2);
  epoch.metrics = {{{model::MetricPart::kTrain, model::Metric::kMae}, 3},
                   {{model::MetricPart::kValidation, model::Metric::kMae}, 4}};
  EXPECT_EQ(MetricOf({.metric = "validation_mae"}, epoch), 4);
  EXPECT_EQ(MetricOf({.metric = "train_mae"}, epoch), 3);
}

}  // namespace
}  // namespace hpsearch::study
