// What becomes of a point that is trained several times.
#include "server/study/replicates.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cmath>
#include <limits>

namespace hpsearch::study {
namespace {

using ::testing::DoubleEq;
using ::testing::DoubleNear;
using ::testing::ElementsAre;
using ::testing::SizeIs;

constexpr std::optional<double> kNone = std::nullopt;

TrialRecord Trial(std::int64_t number, std::int64_t replicate, TrialState state, std::optional<double> objective) {
  TrialRecord trial;
  trial.number = number;
  trial.replicate = replicate;
  trial.state = state;
  trial.objective = objective;
  return trial;
}

// Of the point whose trials are 7, 8, 9.
std::optional<PointResult> PointOf(const std::vector<std::pair<TrialState, std::optional<double>>>& replicates) {
  Replicates points(3);
  std::optional<PointResult> point;
  for (std::size_t i = 0; i < replicates.size(); ++i) {
    const auto replicate = static_cast<std::int64_t>(i);
    point = points.Add(Trial(7 + replicate, replicate, replicates[i].first, replicates[i].second));
  }
  return point;
}

TEST(Replicates, APointIsTheMeanOfItsTrials) {
  const auto point =
      PointOf({{TrialState::kCompleted, 0.5}, {TrialState::kEarlyStopped, 0.25}, {TrialState::kCompleted, 0.75}});
  ASSERT_TRUE(point);
  EXPECT_EQ(point->first, 7);
  EXPECT_EQ(point->trial, 7);
  EXPECT_EQ(point->results, 3);
  EXPECT_EQ(point->mean, 0.5);
  EXPECT_EQ(point->standard_deviation, 0.25);
  EXPECT_THAT(*point->standard_error(), DoubleEq(0.25 / std::sqrt(3.0)));
  EXPECT_FALSE(point->copied);
}

TEST(Replicates, APointCountsOnceAllOfItHasEnded) {
  Replicates points(3);
  EXPECT_FALSE(points.Add(Trial(2, 1, TrialState::kCompleted, 0.1)));
  EXPECT_FALSE(points.Add(Trial(1, 0, TrialState::kRunning, 0.1)));
  EXPECT_FALSE(points.Add(Trial(3, 2, TrialState::kFailed, kNone)));
  EXPECT_FALSE(points.Add(Trial(5, 1, TrialState::kCompleted, 0.1))) << "another point";
  EXPECT_FALSE(points.Add(Trial(3, 2, TrialState::kCompleted, 0.3))) << "again, with what it has now";
  const auto point = points.Add(Trial(1, 0, TrialState::kCompleted, 0.2));
  ASSERT_TRUE(point);
  EXPECT_THAT(*point->mean, DoubleNear(0.2, 1e-15));
  EXPECT_FALSE(points.Add(Trial(9, 3, TrialState::kCompleted, 0.1))) << "no trial of such a study";
}

TEST(Replicates, WhatFailedIsLeftOut) {
  const auto point =
      PointOf({{TrialState::kFailed, kNone}, {TrialState::kCompleted, 0.5}, {TrialState::kFailed, kNone}});
  EXPECT_EQ(point->trial, 8) << "the lowest with a result stands for it";
  EXPECT_EQ(point->results, 1);
  EXPECT_EQ(point->mean, 0.5);
  EXPECT_EQ(point->standard_deviation, kNone);
  EXPECT_EQ(point->standard_error(), kNone);
  const auto none =
      PointOf({{TrialState::kFailed, kNone}, {TrialState::kFailed, kNone}, {TrialState::kFailed, kNone}});
  EXPECT_EQ(none->mean, kNone);
  EXPECT_EQ(none->trial, 0);
}

// Of the others the mean would be better than the point is.
TEST(Replicates, WhatDivergedOrWasCancelledLeavesNoMean) {
  for (const TrialState state : {TrialState::kDiverged, TrialState::kCancelled}) {
    const auto point = PointOf({{TrialState::kCompleted, 0.5}, {state, kNone}, {TrialState::kCompleted, 0.5}});
    ASSERT_TRUE(point);
    EXPECT_EQ(point->mean, kNone) << ToString(state);
  }
  const double most = std::numeric_limits<double>::max();
  const auto huge =
      PointOf({{TrialState::kCompleted, most}, {TrialState::kCompleted, most}, {TrialState::kCompleted, most}});
  EXPECT_EQ(huge->mean, kNone) << "not finite";
}

TEST(Replicates, TheOrderOfTheEndsMakesNoDifference) {
  EXPECT_TRUE(rc::check("to the bit", [] {
    const auto each = *rc::gen::inRange<std::int64_t>(2, 20);
    std::vector<TrialRecord> trials;
    for (std::int64_t i = 0; i < each; ++i) {
      const int value = *rc::gen::inRange(0, 1'000'000);
      const bool failed = *rc::gen::inRange(0, 5) == 0;
      trials.push_back(failed ? Trial(1 + i, i, TrialState::kFailed, kNone)
                              : Trial(1 + i, i, TrialState::kCompleted, value / 3e5));
    }
    const auto result = [&](const std::vector<TrialRecord>& order) {
      Replicates points(each);
      std::optional<PointResult> point;
      for (const TrialRecord& trial : order) point = points.Add(trial);
      RC_ASSERT(point.has_value());
      return *point;
    };
    const PointResult first = result(trials);
    std::vector<TrialRecord> other = trials;
    for (std::size_t i = other.size() - 1; i > 0; --i) {
      std::swap(other[i], other[static_cast<std::size_t>(*rc::gen::inRange<int>(0, static_cast<int>(i) + 1))]);
    }
    const PointResult second = result(other);
    RC_ASSERT(first.mean == second.mean);
    RC_ASSERT(first.standard_deviation == second.standard_deviation);
    RC_ASSERT(first.trial == second.trial);
  }));
}

TEST(PointRanking, BestMeansFirstWithoutCopiesTiesToTheLowerNumber) {
  PointRanking ranking(2, /*minimize=*/true, 3);
  const auto add = [&](std::int64_t first, double a, double b, bool copied = false) {
    for (const std::int64_t replicate : {0, 1}) {
      TrialRecord trial = Trial(first + replicate, replicate, TrialState::kCompleted, replicate == 0 ? a : b);
      if (copied) trial.reused_from = 1;
      ranking.Add(trial);
    }
  };
  add(1, 0.5, 0.25);
  add(3, 0.0, 0.5);  // the best trial, and not the best point: no
  add(5, 0.125, 0.125);
  add(7, 0.25, 0.25);
  add(9, 0.0, 0.0, /*copied=*/true);
  add(11, 0.25, 0.0);
  ranking.Add(Trial(13, 0, TrialState::kCompleted, 0.0));  // its other one is to end yet
  ranking.Add(Trial(16, 1, TrialState::kCompleted, 0.0));
  std::vector<std::int64_t> trials;
  for (const PointResult& point : ranking.best().all()) trials.push_back(point.trial);
  EXPECT_THAT(trials, ElementsAre(5, 11, 3));
}

// Of two trials each, as they come one behind the other; with what the second is a copy of.
struct Repeats {
  PointRanking ranking{2, /*minimize=*/true, 9};
  std::int64_t first = 1;

  void Add(TrialRecord a, TrialRecord b) {
    a.number = first;
    b.number = first + 1;
    b.replicate = 1;
    ranking.Add(a);
    ranking.Add(b);
    first += 2;
  }
  std::vector<std::int64_t> Best() const {
    std::vector<std::int64_t> trials;
    for (const PointResult& point : ranking.best().all()) trials.push_back(point.trial);
    return trials;
  }
};

TrialRecord Ended(TrialState state, std::optional<double> objective = kNone, std::int64_t copy_of = 0) {
  TrialRecord trial = Trial(0, 0, state, objective);
  if (copy_of > 0) trial.reused_from = copy_of;
  return trial;
}

TEST(PointRanking, APointThatIsTrainedAgainInPartCountsOnce) {
  using enum TrialState;
  Repeats trials;
  trials.Add(Ended(kFailed), Ended(kCompleted, 0.5));
  trials.Add(Ended(kCompleted, 0.25), Ended(kCompleted, 0.25));
  trials.Add(Ended(kCompleted, 0.0), Ended(kCompleted, 0.5, 2));  // 1 and 2 again
  EXPECT_THAT(trials.Best(), ElementsAre(3, 2)) << "the lower number stays, though its mean is the worse one";
  trials.Add(Ended(kFailed), Ended(kCompleted, 0.5, 2));
  trials.Add(Ended(kCompleted, 0.0, 5), Ended(kCompleted, 0.5, 2));
  trials.Add(Ended(kCompleted, 0.0), Ended(kFailed));
  EXPECT_THAT(trials.Best(), ElementsAre(11, 3, 2));
}

// The earlier one had no mean, since a trial of it was cancelled: the later one is the first that counts.
TEST(PointRanking, APointThatHadNoMeanCountsWhereItHasOne) {
  using enum TrialState;
  Repeats trials;
  trials.Add(Ended(kCancelled), Ended(kCompleted, 0.5));
  trials.Add(Ended(kFailed), Ended(kCompleted, 0.5, 2));
  EXPECT_THAT(trials.Best(), ElementsAre(4));
  trials.Add(Ended(kCompleted, 0.0), Ended(kCompleted, 0.5, 2));
  EXPECT_THAT(trials.Best(), ElementsAre(4)) << "which are 3 and 4 again, by way of 2";
}

// In a round of more epochs the point has gone on, but for what a rule ended: another result.
TEST(PointRanking, APointThatWentOnCountsBesideItsEarlierSelf) {
  using enum TrialState;
  PointRanking ranking(3, /*minimize=*/true, 9);
  const auto add = [&](std::int64_t first, const std::vector<TrialRecord>& trials) {
    for (std::size_t i = 0; i < trials.size(); ++i) {
      TrialRecord trial = trials[i];
      trial.replicate = static_cast<std::int64_t>(i);
      trial.number = first + trial.replicate;
      ranking.Add(trial);
    }
  };
  TrialRecord went_on = Ended(kCompleted, 0.125, 2);
  went_on.attempt = 1;
  add(1, {Ended(kEarlyStopped, 0.5), Ended(kCompleted, 0.5), Ended(kFailed)});
  add(4, {Ended(kEarlyStopped, 0.5, 1), went_on, Ended(kCompleted, 0.125)});
  ASSERT_THAT(ranking.best().all(), SizeIs(2));
  EXPECT_EQ(ranking.best().all()[0].trial, 4);
}

PointResult Measured(double mean, std::optional<double> deviation, std::int64_t results = 4) {
  PointResult point;
  point.results = results;
  point.mean = mean;
  point.standard_deviation = deviation;
  return point;
}

TEST(PointNoise, TwoStandardErrorsOfTheDifference) {
  // Standard errors of 0.03 and 0.04, and so of 0.05.
  EXPECT_THAT(*StandardErrorOfDifference(0.03, 0.04), DoubleNear(0.05, 1e-15));
  EXPECT_EQ(StandardErrorOfDifference(std::nullopt, 0.04), 0.04);
  EXPECT_EQ(StandardErrorOfDifference(std::nullopt, std::nullopt), std::nullopt);
  EXPECT_TRUE(CannotBeTold(Measured(0.1, 0.06), Measured(0.19, 0.08)));
  EXPECT_TRUE(CannotBeTold(Measured(0.19, 0.06), Measured(0.1, 0.08)));
  EXPECT_FALSE(CannotBeTold(Measured(0.1, 0.06), Measured(0.21, 0.08)));
  EXPECT_FALSE(CannotBeTold(Measured(0.1, kNone, 1), Measured(0.1, kNone, 1))) << "nothing is known of it";
  EXPECT_TRUE(CannotBeTold(Measured(0.1, kNone, 1), Measured(0.17, 0.08)));
}

}  // namespace
}  // namespace hpsearch::study
