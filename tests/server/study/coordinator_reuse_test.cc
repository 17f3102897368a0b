// Never the same work twice: curves that another study has trained are taken over.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kThree[] = R"({"values":[0.01,0.1,1]})";
constexpr char kOthers[] = R"({"values":[1,0.5,0.1,0.02]})";

// Of what a study's trials show, all that does not tell when and by whom.
void ExpectSameResults(World& world, std::int64_t study, std::int64_t trial, std::int64_t other_study,
                       std::int64_t other_trial) {
  const TrialRecord a = world.Trial(trial, study);
  const TrialRecord b = world.Trial(other_trial, other_study);
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.objective, b.objective);
  EXPECT_EQ(a.best_epoch, b.best_epoch);
  EXPECT_EQ(a.epochs, b.epochs);
  const auto curve = world.store.Epochs(study, trial);
  const auto other = world.store.Epochs(other_study, other_trial);
  ASSERT_EQ(curve.size(), other.size());
  for (const auto& [number, epoch] : curve) EXPECT_TRUE(SameResult(epoch, other.at(number))) << number;
}

TEST(CoordinatorReuse, TrainsOnlyWhatNoStudyHas) {
  World world;
  const auto worker = world.Start();
  ASSERT_TRUE(world.Create({.name = "one", .rates = kThree}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 2, 3));
  worker->leases.clear();
  ASSERT_TRUE(world.Create({.name = "two", .rates = kOthers}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(2, 4));
  EXPECT_EQ(world.Study("two").state, StudyState::kCompleted);
  EXPECT_EQ(world.Trial(1, 2).reused_elsewhere, (TrialRecord::Elsewhere{"one", 3}));
  EXPECT_EQ(world.Trial(3, 2).reused_elsewhere, (TrialRecord::Elsewhere{"one", 2}));
  EXPECT_EQ(world.Trial(2, 2).reused_elsewhere, TrialRecord::Elsewhere());
  ExpectSameResults(world, 2, 1, 1, 3);
  ExpectSameResults(world, 2, 3, 1, 2);
  // The best may be one of them.
  EXPECT_EQ(world.Study("two").best_trial, 3);
  worker->leases.clear();
  ASSERT_TRUE(world.Create({.name = "three", .rates = kThree}).ok());
  EXPECT_THAT(world.TrainAll(*worker), IsEmpty());
  EXPECT_EQ(world.Study("three").state, StudyState::kCompleted);
  EXPECT_EQ(world.Study("three").best_trial, world.Study("one").best_trial);
}

TEST(CoordinatorReuse, IsTurnedOffByTheSpecification) {
  World world;
  const auto worker = world.Start();
  ASSERT_TRUE(world.Create({.name = "one", .rates = kThree}).ok());
  world.TrainAll(*worker);
  worker->leases.clear();
  ASSERT_TRUE(world.Create({.name = "two", .rates = kThree, .more = R"(,"reuse":false)"}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 2, 3));
}

TEST(CoordinatorReuse, TakesTheFirstEpochsOfALongerTrainingByItsOwnObjective) {
  World world;
  const auto worker = world.Start();
  ASSERT_TRUE(world.Create({.name = "long", .epochs = 5, .rates = kThree}).ok());
  world.TrainAll(*worker);
  worker->leases.clear();
  ASSERT_TRUE(
      world.Create({.name = "short", .epochs = 2, .rates = kThree, .objective = R"({"metric":"validation_loss"})"})
          .ok());
  EXPECT_THAT(world.TrainAll(*worker), IsEmpty());
  const TrialRecord taken = world.Trial(2, 2);
  EXPECT_EQ(taken.state, TrialState::kCompleted);
  EXPECT_EQ(taken.epochs, 2);
  EXPECT_EQ(taken.best_epoch, 2);
  EXPECT_EQ(taken.objective, PlayedEpoch(0.1, 2).validation_loss);
  EXPECT_EQ(world.store.Epochs(2, 2).size(), 2U);
}

TEST(CoordinatorReuse, TellsOfAShorterTrainingToGoOnFrom) {
  World world;
  const auto worker = world.Start();
  ASSERT_TRUE(world.Create({.name = "one", .epochs = 2, .rates = kThree}).ok());
  EXPECT_EQ(Lease(worker->leases.at(0)).shorter_study, "");
  world.TrainAll(*worker);
  worker->leases.clear();
  ASSERT_TRUE(world.Create({.name = "two", .epochs = 5, .rates = kThree}).ok());
  world.TrainAll(*worker);
  worker->leases.clear();
  ASSERT_TRUE(world.Create({.name = "longest", .epochs = 6, .rates = R"({"values":[0.1,0.2]})"}).ok());
  EXPECT_EQ(Lease(worker->leases.at(0)).shorter_study, "two") << "that has most of it";
  EXPECT_EQ(Lease(worker->leases.at(0)).epochs_stored, 0) << "whether the worker has its checkpoint, it will tell";
  world.Train(*worker, Lease(worker->leases.at(0)));
  EXPECT_EQ(Lease(worker->leases.back()).trial, 2);
  EXPECT_EQ(Lease(worker->leases.back()).shorter_study, "") << "no study has trained that";
  world.Train(*worker, Lease(worker->leases.back()));
  worker->leases.clear();
  ASSERT_TRUE(world.Create({.name = "anew", .epochs = 7, .rates = kThree, .more = R"(,"reuse":false)"}).ok());
  EXPECT_EQ(Lease(worker->leases.at(0)).shorter_study, "");
}

TEST(CoordinatorReuse, NeedsTheSameContentSeedAndNumerics) {
  World world;
  ASSERT_TRUE(world.Create({.name = "one", .rates = kThree}).ok());
  {
    const auto worker = world.Start();
    world.TrainAll(*worker);
    (*world).Disconnect(worker->session);
    world.Run();
  }
  WorkerHello other = World::Hello("other");
  other.numerics_digest = "another";
  const auto worker = world.Start(other);
  ASSERT_TRUE(world.Create({.name = "numerics", .rates = kThree}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 2, 3));
  worker->leases.clear();
  ASSERT_TRUE(world.Create({.name = "seed", .rates = kThree, .more = R"(,"seed":5)"}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 2, 3));
}

TEST(CoordinatorReuse, TakesADivergenceOver) {
  World world;
  const auto worker = world.Start();
  ASSERT_TRUE(world.Create({.name = "one", .epochs = 4, .rates = R"({"values":[1]})"}).ok());
  world.Report(*worker, Lease(worker->leases.at(0)), 1, 1);
  world.Finish(*worker, Lease(worker->leases.at(0)), TrialOutcome::Kind::kDiverged, "loss inf at step 7");
  (*world).Ready(worker->session, 1);
  world.Run();
  worker->leases.clear();
  ASSERT_TRUE(world.Create({.name = "two", .epochs = 9, .rates = R"({"values":[1,0.1]})"}).ok());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(2));
  EXPECT_EQ(world.Trial(1, 2).state, TrialState::kDiverged);
  EXPECT_EQ(world.Trial(1, 2).reason, "loss inf at step 7");
  EXPECT_EQ(world.Trial(1, 2).objective, std::nullopt);
  EXPECT_EQ(world.Trial(1, 2).epochs, 1);
}

// The first is under way when the second begins and is ahead of it: each takes over what the other has by then,
// also behind a crash.
TEST(CoordinatorReuse, StudiesSideBySideTrainEachPointOnce) {
  for (const bool crash : {false, true}) {
    World world;
    ASSERT_TRUE(world.Create({.name = "one", .rates = R"({"values":[1,0.5,0.1,0.02]})"}).ok());
    auto worker = world.Start();
    world.Train(*worker, Lease(worker->leases.back()));  // 1; now 0.5 is leased
    ASSERT_TRUE(world.Change("one", Action::kPause).ok());
    ASSERT_TRUE(world.Create({.name = "two", .rates = R"({"values":[0.02,1,0.1]})"}).ok());
    world.TrainAll(*worker);
    EXPECT_EQ(world.Study("two").state, StudyState::kCompleted);
    EXPECT_EQ(world.Trial(2, 2).reused_elsewhere, (TrialRecord::Elsewhere{"one", 1}));
    if (crash) {
      world.Crash();
      worker = world.Start();
    }
    ASSERT_TRUE(world.Change("one", Action::kResume).ok());
    world.TrainAll(*worker);
    EXPECT_EQ(world.Study("one").state, StudyState::kCompleted);
    EXPECT_EQ(world.Trial(3, 1).reused_elsewhere, (TrialRecord::Elsewhere{"two", 3}));
    EXPECT_EQ(world.Trial(4, 1).reused_elsewhere, (TrialRecord::Elsewhere{"two", 1}));
  }
}

}  // namespace
}  // namespace hpsearch::study
