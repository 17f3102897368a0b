// Studies that begin with the results of earlier ones.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <tuple>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kRange[] = R"({"range":{"low":0.001,"high":1,"scale":"log"}})";

StudyText First() { return {.name = "first", .rates = kRange, .search = R"({"sobol":{"trials":16}})"}; }

StudyText Warm(const std::string& strategy = R"("tpe":{"trials":8)") {
  return {.name = "s",
          .rates = kRange,
          .search = "{" + strategy + R"(},"warm_start":{"study":"first"}})",
          .limits = R"({"max_attempts":50})",
          .more = R"(,"seed":5,"reuse":false)"};
}

void Complete(World& world, FakeWorker& worker, const StudyText& text) {
  ASSERT_TRUE(world.Create(text).ok());
  world.TrainAll(worker);
  ASSERT_EQ(world.Study(text.name).state, StudyState::kCompleted);
}

// The first study and that one, by the same worker.
void CompleteBoth(World& world, const StudyText& text) {
  const auto worker = world.Start();
  Complete(world, *worker, First());
  Complete(world, *worker, text);
}

std::vector<std::string> Points(World& world, std::int64_t study, std::int64_t trials) {
  std::vector<std::string> points;
  for (std::int64_t trial = 1; trial <= trials; ++trial) points.push_back(world.Trial(trial, study).point);
  return points;
}

int NearBest(World& world, std::int64_t study, std::int64_t trials) {
  int near = 0;
  for (std::int64_t trial = 1; trial <= trials; ++trial) {
    const std::string& parameters = world.Trial(trial, study).parameters;
    near +=
        std::abs(std::log10(std::stod(parameters.substr(std::string_view(R"({"rate":)").size())) / 0.05)) < 0.7;
  }
  return near;
}

TEST(CoordinatorWarmStart, LearnsFromTheFirstTrialOn) {
  World world, cold;
  CompleteBoth(world, Warm());
  StudyText without = Warm();
  without.search = R"({"tpe":{"trials":8}})";
  Complete(cold, *cold.Start(), without);
  EXPECT_GE(NearBest(world, 2, 8), 6);
  EXPECT_LE(NearBest(cold, 1, 8), 5) << "its first points go over the space";
  EXPECT_EQ(world.Study().planned_trials, 8) << "what was learnt is none of its trials";
}

// One replicate of the second point is the best trial of all; by their means the third is the best point, and the
// last, which diverged once, has none.
TEST(CoordinatorWarmStart, OfPointsThatAreTrainedSeveralTimesLearnsTheMeans) {
  World world;
  StudyText first = First();
  first.rates = R"({"values":[0.5,0.25,0.125,0.0625]})";
  first.search = R"({"grid":{}})";
  first.training = R"(,"replicates":2)";
  ASSERT_TRUE(world.Create(first).ok());
  const auto worker = world.Start();
  const std::vector<double> errors = {0.5, 0.25, 0.0625, 0.75, 0.25, 0.375, 0.125, 0.5};
  for (const double error : errors) {
    const Lease lease = worker->leases.back();
    const bool diverges = lease.trial == 8;
    EpochReport report{lease.study, lease.trial, lease.attempt, {}};
    for (std::int64_t epoch = 1; epoch <= lease.epochs && !diverges; ++epoch) {
      report.epochs.push_back(PlayedEpoch(RateOf(lease), epoch));
      report.epochs.back().validation_error = error;
    }
    if (!diverges) world->Report(worker->session, std::move(report));
    world.Run();
    world.Finish(*worker, lease, diverges ? TrialOutcome::Kind::kDiverged : TrialOutcome::Kind::kCompleted);
    world->Ready(worker->session, 1);
    world.Run();
  }
  ASSERT_EQ(world.Study("first").state, StudyState::kCompleted);
  ASSERT_TRUE(world.Create(Warm()).ok());
  const StoredStudy stored = world.store.LoadStudy(2, {}).value();
  std::vector<std::tuple<std::string, std::int64_t, double>> learnt;
  for (const EarlierResult& each : stored.earlier) learnt.emplace_back(each.study, each.trial, each.objective);
  EXPECT_THAT(learnt, ElementsAre(std::tuple("first", 1, 0.375), std::tuple("first", 3, 0.40625),
                                  std::tuple("first", 5, 0.3125)));
}

TEST(CoordinatorWarmStart, OfAGaussianProcessToo) {
  World world;
  CompleteBoth(world, Warm(R"("gp":{"trials":8)"));
  EXPECT_GE(NearBest(world, 2, 8), 6);
}

// Nothing that becomes of the first study later on is seen; nor is a crash.
TEST(CoordinatorWarmStart, IsFixedAtTheCreation) {
  for (const char* settings : {R"("tpe":{"trials":8)", R"("tpe":{"trials":8,"batch":3)"}) {
    World calm;
    CompleteBoth(calm, Warm(settings));
    World world;
    Complete(world, *world.Start(), First());
    ASSERT_TRUE(world.Create(Warm(settings)).ok());
    ASSERT_TRUE(world.Extend("first", {.epochs = 5}).ok());
    for (int life = 0; life < 80 && world.Study().state == StudyState::kRunning; ++life) {
      WorkerHello hello = World::Hello();
      hello.instance = std::to_string(life);
      const auto worker = world.Start(hello);
      if (life % 3 != 0 && !worker->leases.empty()) {
        const Lease lease = worker->leases.front();
        world.Report(*worker, lease, 1, lease.epochs);
        world.Finish(*worker, lease);
      }
      world.Crash();
    }
    EXPECT_EQ(world.Study().state, StudyState::kCompleted);
    EXPECT_EQ(Points(world, 2, 8), Points(calm, 2, 8)) << settings;
  }
}

TEST(CoordinatorWarmStart, InBatchesIsTheSameForAnyNumberOfWorkers) {
  std::vector<std::string> first;
  for (const std::int64_t slots : {1, 2, 5}) {
    World world;
    Complete(world, *world.Start(), First());
    ASSERT_TRUE(world.Create(Warm(R"("tpe":{"trials":9,"batch":3)")).ok());
    WorkerHello hello = World::Hello("w", slots);
    hello.instance = "second";
    world.TrainAll(*world.Start(hello));
    EXPECT_EQ(world.Study().state, StudyState::kCompleted);
    if (first.empty()) first = Points(world, 2, 9);
    EXPECT_EQ(Points(world, 2, 9), first) << slots;
  }
}

TEST(CoordinatorWarmStart, WantsAStudyThatHasEndedAndIsComparable) {
  World world;
  const absl::Status missing = world.Create(Warm()).status();
  EXPECT_TRUE(absl::IsNotFound(missing)) << missing;
  EXPECT_THAT(std::string(missing.message()), HasSubstr("search.warm_start: there is no study first"));

  ASSERT_TRUE(world.Create(First()).ok());
  const absl::Status running = world.Create(Warm()).status();
  EXPECT_TRUE(absl::IsFailedPrecondition(running)) << running;
  EXPECT_THAT(std::string(running.message()), HasSubstr("first is RUNNING"));
  EXPECT_EQ(world.store.studies().size(), 1U);

  world.TrainAll(*world.Start());
  StudyText other = Warm();
  other.objective = R"({"metric":"validation_loss"})";
  EXPECT_THAT(std::string(world.Create(other).status().message()), HasSubstr("minimize validation_error"));
  ASSERT_TRUE(world.Create(Warm()).ok());
  // The same again is the study that is there, whatever has become of the first.
  ASSERT_TRUE(world.Extend("first", {.epochs = 5}).ok());
  EXPECT_TRUE(world.Create(Warm()).ok());
}

TEST(CoordinatorWarmStart, WithoutWhatWasStoredIsRefused) {
  World world;
  Complete(world, *world.Start(), First());
  ASSERT_TRUE(world.Create(Warm()).ok());
  world.store.ForgetEarlier(2);
  world.Crash();
  EXPECT_TRUE(absl::IsFailedPrecondition(world.Change("s", Action::kPause).status()));
}

}  // namespace
}  // namespace hpsearch::study
