// Strategies in the coordinator: points that follow from a number, and those that follow from results.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr char kRange[] = R"({"range":{"low":0.001,"high":1,"scale":"log"}})";

StudyText Tpe(const std::string& more) {
  return {.rates = kRange, .search = R"({"tpe":{"startup":4)" + more + "}}", .limits = R"({"max_attempts":50})"};
}

std::vector<std::string> Points(World& world, std::int64_t trials) {
  std::vector<std::string> points;
  for (std::int64_t trial = 1; trial <= trials; ++trial) points.push_back(world.Trial(trial).point);
  return points;
}

TEST(CoordinatorSampling, RunsEachPointOfASequence) {
  World world;
  ASSERT_TRUE(world.Create({.rates = kRange, .search = R"({"sobol":{"trials":6}})"}).ok());
  const auto worker = world.Start(World::Hello("w", 2));
  EXPECT_THAT(world.TrainAll(*worker), SizeIs(6));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Trial(1).point, "") << "its number says it";
}

TEST(CoordinatorSampling, TakesOverWhatIsDrawnAgain) {
  World world;
  ASSERT_TRUE(world.Create({.rates = R"({"values":[0.1,0.2]})", .search = R"({"random":{"trials":12}})"}).ok());
  const auto worker = world.Start();
  EXPECT_THAT(world.TrainAll(*worker), SizeIs(2));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

TEST(CoordinatorSampling, ChoosesAPointWhenASlotIsFree) {
  World world;
  ASSERT_TRUE(world.Create(Tpe(R"(,"trials":20)")).ok());
  EXPECT_THAT(world.store.trials(), IsEmpty());
  const auto worker = world.Start(World::Hello("w", 3));
  EXPECT_THAT(worker->leases, SizeIs(3));
  EXPECT_THAT(world.TrainAll(*worker), SizeIs(20));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  // It has learned: behind its first points it looks round the best rate, 0.05.
  int near = 0;
  for (std::int64_t trial = 11; trial <= 20; ++trial) {
    const double rate = std::stod(world.Trial(trial).parameters.substr(std::string_view(R"({"rate":)").size()));
    near += rate > 0.01 && rate < 0.25 ? 1 : 0;
  }
  EXPECT_GE(near, 7);
}

TEST(CoordinatorSampling, BatchesAreTheSameForAnyNumberOfWorkers) {
  std::vector<std::string> first;
  for (const std::int64_t slots : {1, 3, 8}) {
    World world;
    ASSERT_TRUE(world.Create(Tpe(R"(,"trials":20,"batch":4)")).ok());
    const auto worker = world.Start(World::Hello("w", slots));
    EXPECT_LE(worker->leases.size(), 4U) << "a batch";
    EXPECT_THAT(world.TrainAll(*worker), SizeIs(20));
    if (first.empty()) first = Points(world, 20);
    EXPECT_EQ(Points(world, 20), first) << slots;
  }
}

// Killed behind each trial, also with some of a batch leased: the points are those of never stopping.
TEST(CoordinatorSampling, GoesOnWithTheSamePointsAfterACrash) {
  for (const char* settings : {R"(,"trials":16,"batch":4)", R"(,"trials":16)"}) {
    World calm;
    ASSERT_TRUE(calm.Create(Tpe(settings)).ok());
    calm.TrainAll(*calm.Start());
    World world;
    ASSERT_TRUE(world.Create(Tpe(settings)).ok());
    world.TrainThroughCrashes();
    EXPECT_EQ(Points(world, 16), Points(calm, 16)) << settings;
  }
}

// What was asked of a memory that is no longer that of the store, is not heard.
TEST(CoordinatorSampling, AnAnswerForAStudyThatWasReadAnewIsDropped) {
  World world;
  ASSERT_TRUE(world.Create(Tpe(R"(,"trials":3)")).ok());
  const auto worker = world.Connect();
  world.store.FailNext(absl::UnavailableError("no room"));
  (*world).Ready(worker->session, 1);  // asks for the first point
  ASSERT_TRUE(world.Change("s", Action::kPause).status().code() == absl::StatusCode::kUnavailable);
  world.Pass(3);
  world.Run();
  const auto again = world.Start(World::Hello("again"));
  EXPECT_THAT(world.TrainAll(*again), ElementsAre(1, 2, 3));
}

TEST(CoordinatorSampling, AStoredPointThatIsNoneIsRefused) {
  World world;
  ASSERT_TRUE(world.Create(Tpe(R"(,"trials":3)")).ok());
  const auto worker = world.Start();
  TrialRecord odd = world.Trial(1);
  for (const char* point : {"1/2 1/2", "nonsense"}) {
    odd.point = point;
    world.store.Commit({PutTrial{odd}}, [](const absl::Status&) {});
    world.Run();
    world.Crash();
    EXPECT_EQ((*world).Workers().size(), 1U);
    EXPECT_TRUE(absl::IsFailedPrecondition(world.Change("s", Action::kPause).status())) << point;
  }
}

// One slot for two studies: the one that has to choose its points gets its share all the same.
TEST(CoordinatorSampling, GetsItsShareBesideAGrid) {
  World world;
  ASSERT_TRUE(world.Create({.name = "grid", .rates = R"({"logspace":{"start":-3,"stop":0,"num":40}})"}).ok());
  StudyText learns = Tpe(R"(,"trials":10)");
  learns.name = "learns";
  ASSERT_TRUE(world.Create(learns).ok());
  const auto worker = world.Start();
  for (int i = 0; i < 20; ++i) {
    world.clock.Advance(1);  // shares are of time
    world.Train(*worker, Lease(worker->leases.back()));
  }
  EXPECT_GE(world.Study("learns").next_trial, 9);
  EXPECT_GE(world.Study("grid").next_trial, 9);
}

TEST(CoordinatorSampling, WithoutParametersIsAFault) {
  const auto spec =
      ReadSpec(R"({"study":"s","dataset":"digits","model":[{"dense":{"units":2,"activation":"softmax"}}],)"
               R"("training":{"epochs":1,"optimizer":"sgd"},"search":{"tpe":{"trials":3}}})");
  EXPECT_TRUE(absl::IsInvalidArgument(spec.status()));
  EXPECT_THAT(std::string(spec.status().message()), ::testing::HasSubstr("search.tpe: there are no parameters"));
}

}  // namespace
}  // namespace hpsearch::study
