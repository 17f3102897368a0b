// From coarse to fine: rounds, their centres, and trials that are taken over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "server/study/active_study.h"
#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const char* const kTwoRounds = R"({"refine":{"rounds":2}})";

// Rates 0.001, 0.01, 0.1, 1: the best of round 1 is trial 3, and round 2 is 0.01, 0.0316, 0.1, 0.316, 1, of which
// trials 5, 7 and 9 are there already.
TEST(CoordinatorRound, GoesFromCoarseToFineAndTakesOver) {
  World world;
  ASSERT_TRUE(world.Create({.search = kTwoRounds}).ok());
  EXPECT_EQ(world.Study().max_trials, 9);
  const auto worker = world.Start();
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 2, 3, 4, 6, 8));
  const StudyRecord study = world.Study();
  EXPECT_EQ(study.state, StudyState::kCompleted);
  EXPECT_EQ(study.reason, "");
  EXPECT_EQ(study.planned_trials, 9);
  EXPECT_EQ(study.next_trial, 10);
  EXPECT_EQ(study.best_trial, 6);
  ASSERT_EQ(world.store.rounds().size(), 2U);
  const RoundRecord& fine = world.store.rounds()[1];
  EXPECT_EQ(fine.number, 2);
  EXPECT_EQ(fine.first_trial, 5);
  EXPECT_EQ(fine.trials, 5);
  EXPECT_THAT(fine.centres, ElementsAre(3));
  const TrialRecord taken = world.Trial(7);
  EXPECT_EQ(taken.reused_from, 3);
  EXPECT_EQ(taken.round, 2);
  EXPECT_EQ(taken.state, TrialState::kCompleted);
  EXPECT_EQ(taken.objective, world.Trial(3).objective);
  EXPECT_EQ(taken.best_epoch, world.Trial(3).best_epoch);
  EXPECT_EQ(taken.epochs, 2);
  EXPECT_EQ(taken.attempt, 0);
  EXPECT_EQ(taken.worker, "");
  EXPECT_EQ(taken.parameters, world.Trial(3).parameters);
  EXPECT_EQ(world.store.Epochs(1, 7).size(), 2U);
  EXPECT_EQ(world.store.Epochs(1, 7).at(2).validation_error, world.store.Epochs(1, 3).at(2).validation_error);
}

TEST(CoordinatorRound, OpensOnceEachTrialIsFinal) {
  World world;
  ASSERT_TRUE(world.Create({.search = kTwoRounds}).ok());
  const auto worker = world.Start(World::Hello("w", 4));
  for (const std::int64_t trial : {3, 0, 2}) world.Train(*worker, Lease(worker->leases[trial]));
  EXPECT_EQ(world.store.rounds().size(), 1U);
  EXPECT_EQ(worker->leases.size(), 4U);
  world.store.Hold();
  const Lease last = worker->leases[1];
  world->Report(worker->session,
                {"s", last.trial, 1, {PlayedEpoch(RateOf(last), 1), PlayedEpoch(RateOf(last), 2)}});
  world->Finish(worker->session, {"s", last.trial, 1, TrialOutcome::Kind::kCompleted, ""});
  world.strand.RunAll();
  EXPECT_EQ(worker->leases.size(), 4U);
  world.Run();
  EXPECT_EQ(world.store.rounds().size(), 2U);
  EXPECT_EQ(worker->leases.size(), 6U);
}

// The best point lies out of the bounds, so that round 3 is round 2 once more.
TEST(CoordinatorRound, ManyKnownTrialsAreTakenOverInParts) {
  World world;
  ASSERT_TRUE(world
                  .Create({.epochs = 1,
                           .rates = R"({"logspace":{"start":-3,"stop":0,"num":4},"bounds":[0.11,1]})",
                           .search = R"({"refine":{"rounds":3,"num":1001}})"})
                  .ok());
  const auto worker = world.Start();
  world.TrainAll(*worker);
  ASSERT_EQ(world.store.rounds().size(), 3U);
  const std::int64_t size = world.store.rounds()[2].trials;
  EXPECT_EQ(size, world.store.rounds()[1].trials);
  EXPECT_GT(size, ActiveStudy::kMostTakenOver);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.store.trials().size(), static_cast<std::size_t>(4 + 2 * size));
  for (std::int64_t trial = 5 + size; trial < 5 + 2 * size; ++trial) {
    const TrialRecord row = world.Trial(trial);
    ASSERT_TRUE(row.reused_from.has_value()) << trial;
    EXPECT_EQ(row.parameters, world.Trial(*row.reused_from).parameters);
    EXPECT_EQ(world.store.Epochs(1, trial).size(), 1U);
  }
  // A row and a curve each, and what goes with the commit that they are in.
  EXPECT_LE(world.store.largest_batch(), 2U * ActiveStudy::kMostTakenOver + 8);
}

TEST(CoordinatorRound, LongCurvesAreTakenOverInParts) {
  constexpr std::int64_t kEpochs = 10'000;
  World world;
  ASSERT_TRUE(world
                  .Create({.epochs = kEpochs,
                           .rates = R"({"logspace":{"start":-3,"stop":0,"num":4},"bounds":[0.11,1]})",
                           .search = R"({"refine":{"rounds":3,"num":41}})"})
                  .ok());
  const auto worker = world.Start();
  world.TrainAll(*worker);
  ASSERT_EQ(world.store.rounds().size(), 3U);
  const std::int64_t size = world.store.rounds()[2].trials;
  EXPECT_GT(size * kEpochs, 2 * ActiveStudy::kMostEpochsTakenOver);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.store.Epochs(1, 4 + 2 * size).size(), static_cast<std::size_t>(kEpochs));
  EXPECT_GT(world.store.most_epochs_copied(), 0);
  EXPECT_LE(world.store.most_epochs_copied(), ActiveStudy::kMostEpochsTakenOver + kEpochs);
}

// Round 2 would make 9 trials.
TEST(CoordinatorRound, ThatWouldExceedMaxTrialsIsNotOpened) {
  World world;
  ASSERT_TRUE(world.Create({.search = kTwoRounds, .limits = R"({"max_trials":6})"}).ok());
  EXPECT_EQ(world.Study().max_trials, 6);
  const auto worker = world.Start();
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().reason, "round 2 would make 9 trials, more than limits.max_trials (6)");
  EXPECT_EQ(world.Study().best_trial, 3);
  EXPECT_EQ(world.store.rounds().size(), 1U);
  EXPECT_EQ(world.store.trials().size(), 4U);
}

TEST(CoordinatorRound, StoredWithCentresThatCannotBeIsLeftAlone) {
  for (const auto& centres : std::vector<std::vector<std::int64_t>>{{}, {0}, {5}}) {
    World world;
    ASSERT_TRUE(world.Create({.search = kTwoRounds}).ok());
    RoundRecord round{.study = 1, .number = 2, .first_trial = 5, .trials = 5, .centres = centres};
    world.store.Commit({PutRound{round}}, [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
    world.Crash();
    EXPECT_TRUE(absl::IsFailedPrecondition(world.Change("s", Action::kCancel).status()));
  }
}

TEST(CoordinatorRound, IsLeasedOnlyAfterItIsStored) {
  World world;
  ASSERT_TRUE(world.Create({.search = kTwoRounds}).ok());
  const auto worker = world.Start(World::Hello("w", 2));
  for (int trial = 0; trial < 3; ++trial) world.Train(*worker, Lease(worker->leases[trial]));
  world.Report(*worker, Lease(worker->leases[3]), 1, 2);
  world.store.Hold();
  world->Finish(worker->session, {"s", 4, 1, TrialOutcome::Kind::kCompleted, ""});
  world->Ready(worker->session, 2);
  EXPECT_EQ(world.store.waiting(), 1U);
  world.Run();
  EXPECT_THAT(world.Study().next_trial, 10);
}

TEST(CoordinatorRound, FailedTrialsDoNotPreventTheNextAndAreTrainedAgain) {
  World world;
  ASSERT_TRUE(world.Create({.search = kTwoRounds, .limits = R"({"max_attempts":1})"}).ok());
  auto worker = world.Start();
  world.Train(*worker, Lease(worker->leases.back()));
  world.Finish(*worker, Lease(worker->leases.back()), TrialOutcome::Kind::kFailed, "no");
  world->Ready(worker->session, 1);
  world.Run();
  worker->leases.erase(worker->leases.begin(), worker->leases.begin() + 2);
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(3, 4, 5, 6, 8));  // 5 is 2's point
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_FALSE(world.Trial(5).reused_from.has_value());
}

TEST(CoordinatorRound, DivergedTrialsAreTakenOver) {
  World world;
  ASSERT_TRUE(world.Create({.search = kTwoRounds}).ok());
  const auto worker = world.Start();
  for (int trial = 0; trial < 3; ++trial) world.Train(*worker, Lease(worker->leases.back()));
  world.Finish(*worker, Lease(worker->leases.back()), TrialOutcome::Kind::kDiverged);
  EXPECT_EQ(world.Trial(4).state, TrialState::kDiverged);
  worker->leases.clear();
  world->Ready(worker->session, 1);
  world.Run();
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(6, 8));
  EXPECT_EQ(world.Trial(9).state, TrialState::kDiverged);
  EXPECT_EQ(world.Trial(9).reused_from, 4);
}

TEST(CoordinatorRound, WithNothingToStandOnTheStudyFails) {
  World world;
  ASSERT_TRUE(world.Create({.search = kTwoRounds}).ok());
  const auto worker = world.Start(World::Hello("w", 4));
  for (const Lease& lease : std::vector<Lease>(worker->leases)) {
    world.Finish(*worker, lease, TrialOutcome::Kind::kDiverged);
  }
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_THAT(world.Study().reason, HasSubstr("round 1"));
  EXPECT_EQ(world.store.rounds().size(), 1U);
}

TEST(CoordinatorRound, ASingleRoundWithoutABestFailsToo) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start(World::Hello("w", 4));
  for (const Lease& lease : std::vector<Lease>(worker->leases)) {
    world.Finish(*worker, lease, TrialOutcome::Kind::kDiverged);
  }
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_THAT(world.Study().reason, HasSubstr("no best"));
}

TEST(CoordinatorRound, TheCentresAreTheBestWithTiesToTheLowerNumber) {
  World world;
  ASSERT_TRUE(world
                  .Create({.rates = R"({"logspace":{"start":-3,"stop":0,"num":4}})",
                           .search = R"({"refine":{"rounds":2,"around":2}})"})
                  .ok());
  const auto worker = world.Start(World::Hello("w", 4));
  // All alike but trial 1, which is worse; they finish backwards.
  for (const int trial : {4, 3, 2, 1}) {
    EpochRecord epoch = PlayedEpoch(0.1, 1);
    epoch.validation_error = trial == 1 ? 0.5 : 0.25;
    EpochRecord second = epoch;
    second.epoch = 2;
    world->Report(worker->session, {"s", trial, 1, {epoch, second}});
    world->Finish(worker->session, {"s", trial, 1, TrialOutcome::Kind::kCompleted, ""});
    world.Run();
  }
  ASSERT_EQ(world.store.rounds().size(), 2U);
  EXPECT_THAT(world.store.rounds()[1].centres, ElementsAre(2, 3));
  EXPECT_EQ(world.Study().best_trial, 2);
}

TEST(CoordinatorRound, OfTheLargestWhenMaximizing) {
  World world;
  ASSERT_TRUE(world.Create({.search = kTwoRounds, .objective = R"({"direction":"maximize"})"}).ok());
  const auto worker = world.Start();
  world.TrainAll(*worker);
  EXPECT_THAT(world.store.rounds()[1].centres, ElementsAre(1));  // the worst rate of all
}

TEST(CoordinatorRound, TheSameAfterARestartAnywhere) {
  std::vector<RoundRecord> expected;
  std::vector<TrialRecord> rows;
  for (int crash_after = -1; crash_after < 6; ++crash_after) {
    World world;
    ASSERT_TRUE(world.Create({.search = R"({"refine":{"rounds":3}})"}).ok());
    auto worker = world.Start();
    for (int trained = 0; !worker->leases.empty(); ++trained) {
      const Lease lease = worker->leases.back();
      worker->leases.clear();
      world.Train(*worker, lease);
      if (trained != crash_after) continue;
      world.Crash();
      WorkerHello hello = World::Hello();
      hello.instance = "another";
      worker = world.Start(hello);
    }
    EXPECT_EQ(world.Study().state, StudyState::kCompleted);
    std::vector<TrialRecord> now;
    for (const auto& [key, row] : world.store.trials()) now.push_back(row);
    if (crash_after == -1) {
      expected = world.store.rounds();
      rows = now;
      continue;
    }
    ASSERT_EQ(world.store.rounds().size(), expected.size());
    for (std::size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(world.store.rounds()[i].centres, expected[i].centres);
      EXPECT_EQ(world.store.rounds()[i].first_trial, expected[i].first_trial);
    }
    ASSERT_EQ(now.size(), rows.size());
    for (std::size_t i = 0; i < rows.size(); ++i) {
      EXPECT_EQ(now[i].parameters, rows[i].parameters);
      EXPECT_EQ(now[i].objective, rows[i].objective);
      EXPECT_EQ(now[i].reused_from, rows[i].reused_from);
    }
  }
}

TEST(CoordinatorRound, EveryPointIsTrainedOnceAroundSeveralCentres) {
  World world;
  ASSERT_TRUE(world
                  .Create({.epochs = 1,
                           .rates = R"({"logspace":{"start":-4,"stop":0,"num":30}})",
                           .search = R"({"refine":{"rounds":4,"num":5,"around":5}})"})
                  .ok());
  const auto worker = world.Start();
  world.TrainAll(*worker);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  std::int64_t taken = 0;
  std::set<std::string> trained;
  for (const auto& [key, row] : world.store.trials()) {
    if (row.reused_from) {
      ++taken;
      EXPECT_EQ(row.parameters, world.Trial(*row.reused_from).parameters);
      EXPECT_FALSE(world.Trial(*row.reused_from).reused_from.has_value());
    } else {
      EXPECT_TRUE(trained.insert(row.parameters).second) << row.parameters;
    }
  }
  EXPECT_EQ(static_cast<std::int64_t>(world.store.trials().size()), world.Study().planned_trials);
  EXPECT_GT(taken, 10);
}

TEST(CoordinatorRound, IsNotLeasedWhileItsKnownPointsCannotBeRead) {
  World world;
  ASSERT_TRUE(world.Create({.search = kTwoRounds}).ok());
  const auto worker = world.Start(World::Hello("w", 4));
  for (int trial = 0; trial < 3; ++trial) world.Train(*worker, Lease(worker->leases[trial]));
  world.store.FailReads(absl::UnavailableError("busy"));
  world.Train(*worker, Lease(worker->leases[3]));
  EXPECT_EQ(worker->leases.size(), 4U);
  world.store.FailReads(absl::OkStatus());
  world->Tick();
  world.Run();
  EXPECT_EQ(worker->leases.size(), 6U);
}

}  // namespace
}  // namespace hpsearch::study
