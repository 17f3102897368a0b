// Rounds about the best of points that are trained several times.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "server/study/round_boxes.h"
#include "tests/server/study/lucky_replicates.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::MatchesRegex;
using ::testing::SizeIs;
using ::testing::StartsWith;

// Round 2 about 0.1: 0.01, 0.0316, 0.1, 0.316, 1, of which three were trained, replicate by replicate.
TEST(CoordinatorReplicateRounds, RoundsAreRefinedAroundTheBestMean) {
  World world;
  ASSERT_TRUE(world.Create({.search = R"({"refine":{"rounds":2}})", .training = kThree}).ok());
  EXPECT_EQ(world.Study().max_trials, 27);
  const auto worker = world.Start();
  EXPECT_THAT(EndAll(world, *worker), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 16, 17, 18, 22, 23, 24));
  ASSERT_THAT(world.store.rounds(), SizeIs(2));
  EXPECT_THAT(world.store.rounds()[1].centres, ElementsAre(7));
  EXPECT_EQ(world.store.rounds()[1].first_trial, 13);
  EXPECT_EQ(world.store.rounds()[1].trials, 15);
  for (std::int64_t i = 0; i < 3; ++i) {
    EXPECT_EQ(world.Trial(13 + i).reused_from, 4 + i);
    EXPECT_EQ(world.Trial(19 + i).reused_from, 7 + i);
    EXPECT_EQ(world.Trial(19 + i).replicate, i);
  }
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().best_trial, 16) << "0.0316 is better than 0.1; copies stand behind what they are of";
}

// Round 2 has the best point of round 1 again, and trains anew what FAILED of it: with the better mean, and yet
// the same point, which counts once.
TEST(CoordinatorReplicateRounds, APointThatIsTrainedAgainInPartCountsOnce) {
  for (const bool crash : {false, true}) {
    World world;
    ASSERT_TRUE(world
                    .Create({.rates = R"({"geomspace":{"start":0.0005,"stop":5,"num":5}})",
                             .search = R"({"refine":{"rounds":2}})",
                             .limits = R"({"max_attempts":1,"max_failed_trials":9})",
                             .training = kThree})
                    .ok());
    auto worker = world.Start();
    while (!worker->leases.empty()) {
      const Lease lease = TakeLease(*worker);
      if (!crash || lease.trial < 15) {
        End(world, *worker, lease,
            lease.trial == 7 ? TrialOutcome::Kind::kFailed : TrialOutcome::Kind::kCompleted);
        if (lease.trial == 15) {
          EXPECT_EQ(world.Study().best_trial, 8);
        }
        continue;
      }
      Report(world, *worker, lease);
      world.Finish(*worker, lease);
      world.Crash();
      WorkerHello hello = World::Hello();
      hello.instance = std::to_string(lease.trial);
      worker = world.Start(hello);
    }
    EXPECT_EQ(world.Study().state, StudyState::kCompleted);
    std::int64_t again = 15;
    while (world.Trial(again + 1).reused_from != 8 && again < 30) ++again;
    EXPECT_EQ(world.Trial(again).state, TrialState::kCompleted);
    EXPECT_LT(*world.Trial(again).objective, *world.Trial(8).objective) << "so its mean is the better one";
    EXPECT_EQ(world.Study().best_trial, 8) << crash;
  }
}

TEST(CoordinatorReplicateRounds, ARoundByHandIsAroundTheBestMean) {
  World world;
  ASSERT_TRUE(world.Create({.training = kThree}).ok());
  const auto worker = world.Start();
  EndAll(world, *worker);
  world.Crash();
  WorkerHello hello = World::Hello();
  hello.instance = "after";
  const auto next = world.Start(hello);
  ASSERT_TRUE(world.Refine("s", {}).ok());
  EXPECT_THAT(world.store.rounds()[1].centres, ElementsAre(7));
  EXPECT_THAT(EndAll(world, *next), ElementsAre(16, 17, 18, 22, 23, 24));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().best_trial, 16);
  // Around a trial that is named it is the mean too, or nothing.
  ASSERT_TRUE(world.Refine("s", {.around = {17}}).ok());
  const double sum = *world.Trial(16).objective + *world.Trial(17).objective + *world.Trial(18).objective;
  EXPECT_DOUBLE_EQ(CentreIn(world.store.rounds()[2].boxes).objective.value(), sum / 3);
}

// Each point's replicates lie 0.001 apart, so that a mean has a standard error of 0.001 / sqrt(3).
TEST(CoordinatorReplicateRounds, RefinementEndsInTheirNoise) {
  const double noise = std::sqrt(2) * 0.001 / std::sqrt(3);
  for (const bool crash : {false, true}) {
    World world;
    ASSERT_TRUE(world
                    .Create({.search = R"({"refine":{"rounds":20,"until_noise":true}})",
                             .limits = R"({"max_attempts":200})",
                             .training = kThree})
                    .ok());
    if (crash) {
      KillBehindEachTrial(world, 3);
    } else {
      const auto worker = world.Start(World::Hello("w", 3));
      EndAll(world, *worker);
    }
    const StudyRecord study = world.Study();
    ASSERT_EQ(study.state, StudyState::kCompleted);
    const std::vector<RoundRecord> rounds = world.store.rounds();
    ASSERT_GT(rounds.size(), 2U);
    ASSERT_LT(rounds.size(), 20U);
    double before = 1;
    for (const RoundRecord& round : rounds) {
      double best = before;
      for (std::int64_t first = round.first_trial; first < round.first_trial + round.trials; first += 3) {
        double sum = 0;
        for (std::int64_t trial = first; trial < first + 3; ++trial) sum += *world.Trial(trial).objective;
        best = std::min(best, sum / 3);
      }
      EXPECT_EQ(before - best > noise, round.number < std::ssize(rounds)) << "round " << round.number;
      if (round.number > 1) {
        EXPECT_EQ(*CentreIn(round.boxes).objective, before);
        EXPECT_NEAR(*CentreIn(round.boxes).standard_error, 0.001 / std::sqrt(3), 1e-12);
      }
      before = best;
    }
    EXPECT_THAT(study.reason,
                MatchesRegex("round [0-9]+ gained [0-9.e-]+, no more than the noise of its replicates "
                             ".standard error 0.00082."));
    EXPECT_THAT(study.reason, StartsWith(fmt::format("round {} ", rounds.size())));
  }
}

TEST(CoordinatorReplicateRounds, ThoseThatWentOnAreExtendedTogether) {
  World world;
  ASSERT_TRUE(
      world.Create({.epochs = 4, .search = R"({"refine":{"rounds":2,"epochs":[2,4]}})", .training = kThree}).ok());
  const auto worker = world.Start();
  EndAll(world, *worker);
  ASSERT_EQ(world.Study().state, StudyState::kCompleted);
  std::int64_t first = 13;
  while (!world.Trial(first).reused_from) first += 3;
  for (std::int64_t number = first; number < first + 3; ++number) {
    EXPECT_EQ(world.Trial(number).attempt, 1) << "it went on from an earlier curve";
    EXPECT_EQ(world.Trial(number).epochs, 4);
  }
  ASSERT_TRUE(world.Extend("s", {.trial = first + 1, .epochs = 6}).ok());
  EXPECT_THAT(EndAll(world, *worker), ElementsAre(first, first + 1, first + 2));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  for (std::int64_t number = first; number < first + 3; ++number) EXPECT_EQ(world.Trial(number).epochs, 6);
}

}  // namespace
}  // namespace hpsearch::study
