// One more round by hand for a study that has ended.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Rates 0.001, 0.01, 0.1, 1: the best is trial 3.
std::shared_ptr<FakeWorker> Completed(World& world, const StudyText& text = {}) {
  EXPECT_TRUE(world.Create(text).ok());
  auto worker = world.Start();
  world.TrainAll(*worker);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  return worker;
}

std::shared_ptr<FakeWorker> Reborn(World& world, const std::string& instance) {
  world.Crash();
  auto hello = World::Hello();
  hello.instance = instance;
  return world.Start(hello);
}

TEST(CoordinatorRefinement, AGridGetsARoundAroundItsBest) {
  World world;
  const auto worker = Completed(world);
  const auto refined = world.Refine("s", {});
  ASSERT_TRUE(refined.ok()) << refined.status();
  EXPECT_EQ(refined->state, StudyState::kRunning);
  EXPECT_EQ(refined->planned_trials, 9);
  EXPECT_EQ(refined->max_trials, 9);
  EXPECT_FALSE(refined->finished_at.has_value());
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(6, 8));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().best_trial, 6);
  for (const auto& [trial, from] : {std::pair(5, 2), std::pair(7, 3), std::pair(9, 4)}) {
    EXPECT_EQ(world.Trial(trial).reused_from, from);
  }
  ASSERT_EQ(world.store.rounds().size(), 2U);
  const RoundRecord& round = world.store.rounds()[1];
  EXPECT_TRUE(round.by_hand);
  EXPECT_EQ(round.num, std::nullopt);
  EXPECT_THAT(round.centres, ElementsAre(3));
  EXPECT_THAT(round.boxes, HasSubstr(R"("axes":{"rate":{"low":0.01,"high":1)"));
  // And again, finer: around what is the best by now.
  ASSERT_TRUE(world.Refine("s", {.num = 7}).ok());
  EXPECT_EQ(world.store.rounds()[2].num, 7);
  world.TrainAll(*worker);
  EXPECT_EQ(world.Study().planned_trials, 16);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

TEST(CoordinatorRefinement, AroundTrialsThatAreNamed) {
  World world;
  const auto worker = Completed(world);
  ASSERT_TRUE(world.Refine("s", {.around = {4, 1, 4}}).ok());
  const RoundRecord round = world.store.rounds()[1];
  EXPECT_THAT(round.centres, ElementsAre(4, 1));
  EXPECT_EQ(round.trials, 10);
  world.TrainAll(*worker);
  EXPECT_EQ(world.Trial(7).reused_from, 4);
  EXPECT_EQ(world.Trial(12).reused_from, 1);
}

TEST(CoordinatorRefinement, AroundAPointOfTheUsersAlsoBehindARestart) {
  World world;
  auto worker = Completed(world);
  ASSERT_TRUE(world.Refine("s", {.at = {{"rate", 0.01}}, .num = 9}).ok());
  ASSERT_TRUE(world.Refine("s", {}).status().message().find("is RUNNING") != std::string::npos);
  worker = Reborn(world, "second");
  EXPECT_EQ(world.store.rounds()[1].trials, 9);
  EXPECT_THAT(world.store.rounds()[1].boxes, HasSubstr(R"([{"point":"1","centre":{"rate":0.01})"));
  world.TrainAll(*worker);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Trial(9).reused_from, 2);
  // Between the places: the nearest of the finest lattice, a quarter of a decade.
  ASSERT_TRUE(world.Refine("s", {.at = {{"rate", 0.06}}}).ok());
  EXPECT_THAT(world.store.rounds()[2].boxes, HasSubstr(R"("point":"7/4")"));
  worker = Reborn(world, "third");
  world.TrainAll(*worker);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.store.trials().size(), 18U);
}

TEST(CoordinatorRefinement, ARoundThatWasStoppedEndsThere) {
  World world;
  ASSERT_TRUE(world.Create({.search = R"({"refine":{"rounds":3}})"}).ok());
  auto worker = world.Start();
  world.Train(*worker, Lease(worker->leases[0]));
  ASSERT_TRUE(world.Change("s", Action::kStop).ok());
  world.Train(*worker, Lease(worker->leases[1]));  // 0.01
  ASSERT_EQ(world.Study().state, StudyState::kStopped);
  worker->leases.clear();
  ASSERT_TRUE(world.Refine("s", {}).ok());
  EXPECT_EQ(world.store.rounds()[0].trials, 2);
  EXPECT_EQ(world.store.rounds()[1].first_trial, 3);
  worker = Reborn(world, "second");
  // 0.001, 0.00316, 0.01, 0.0316, 0.1, of which the last was not trained.
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(4, 6, 7));
  const StudyRecord study = world.Study();
  EXPECT_EQ(study.state, StudyState::kCompleted);  // no round of the section's follows
  EXPECT_EQ(study.planned_trials, 7);
  EXPECT_EQ(study.next_trial, 8);
  // Stopped before any trial of a round has begun, it is a round of none.
  ASSERT_TRUE(world.Refine("s", {}).ok());
  ASSERT_TRUE(world.Change("s", Action::kStop).ok());
}

TEST(CoordinatorRefinement, WorksOnTheResultOfAnyStrategy) {
  for (const char* search : {R"({"sobol":{"trials":8}})", R"({"tpe":{"trials":6,"startup":3}})"}) {
    World world;
    auto worker =
        Completed(world, {.rates = R"({"range":{"low":0.001,"high":1,"scale":"log"}})", .search = search});
    const std::int64_t before = world.Study().planned_trials;
    ASSERT_TRUE(world.Refine("s", {}).ok());
    worker = Reborn(world, "second");
    world.TrainAll(*worker);
    EXPECT_EQ(world.Study().state, StudyState::kCompleted);
    EXPECT_GT(world.Study().planned_trials, before);
    ASSERT_TRUE(world.Refine("s", {.at = {{"rate", 0.05}}}).ok());
    worker = Reborn(world, "third");
    world.TrainAll(*worker);
    EXPECT_EQ(world.Study().state, StudyState::kCompleted);
    EXPECT_LT(*world.Trial(*world.Study().best_trial).objective, 0.0500001);  // 0.05 is the best there is
  }
}

TEST(CoordinatorRefinement, WhatCannotBeRefined) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"max_trials":8})"}).ok());
  const auto worker = world.Start();
  const auto message = [&](const Refining& refining, const char* study = "s") {
    return std::string(world.Refine(study, refining).status().message());
  };
  EXPECT_THAT(message({}), HasSubstr("is RUNNING: one that is COMPLETED or STOPPED can be refined"));
  world.TrainAll(*worker);
  EXPECT_TRUE(absl::IsNotFound(world.Refine("t", {}).status()));
  EXPECT_TRUE(absl::IsNotFound(world.Refine("s", {.around = {7}}).status()));
  EXPECT_THAT(message({}), HasSubstr("round 2 would make 9 trials, more than limits.max_trials (8)"));
  EXPECT_THAT(message({.around = {1}, .at = {{"rate", 0.1}}}), HasSubstr("one of them is wanted"));
  EXPECT_THAT(message({.around = std::vector<std::int64_t>(17, 1)}), HasSubstr("at most 16"));
  EXPECT_THAT(message({.num = 6}), HasSubstr("an odd number from 5"));
  EXPECT_THAT(message({.at = {{"rat", 0.1}}}), HasSubstr("did you mean 'rate'?"));
  EXPECT_THAT(message({.at = {{"rate", -1.0}}}), HasSubstr("not within its bounds"));
  EXPECT_THAT(message({.at = {{"rate", 0.1}, {"rate", 0.2}}}), HasSubstr("named twice"));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.store.rounds().size(), 1U);
  EXPECT_THAT(worker->leases, IsEmpty());

  World listed;
  ASSERT_TRUE(listed.Create({.rates = R"({"values":[0.1,0.2]})"}).ok());
  const auto other = listed.Start();
  listed.TrainAll(*other);
  EXPECT_THAT(std::string(listed.Refine("s", {}).status().message()), HasSubstr("no axis that is refined there"));

  World cancelled;
  ASSERT_TRUE(cancelled.Create({}).ok());
  ASSERT_TRUE(cancelled.Change("s", Action::kCancel).ok());
  EXPECT_THAT(std::string(cancelled.Refine("s", {}).status().message()), HasSubstr("is CANCELLED"));

  World stopped;
  ASSERT_TRUE(stopped.Create({}).ok());
  ASSERT_TRUE(stopped.Change("s", Action::kStop).ok());
  EXPECT_THAT(std::string(stopped.Refine("s", {}).status().message()), HasSubstr("no trial with a result"));
  ASSERT_TRUE(stopped.Refine("s", {.at = {{"rate", 0.1}}}).ok());
  EXPECT_EQ(stopped.store.rounds()[0].trials, 0);
  const auto late = stopped.Start();
  EXPECT_THAT(stopped.TrainAll(*late), ElementsAre(1, 2, 3, 4, 5));
  EXPECT_EQ(stopped.Study().state, StudyState::kCompleted);
}

TEST(CoordinatorRefinement, PlacesThatWouldNotBeExactAreRefusedClearly) {
  World world;
  const auto worker = Completed(world);
  absl::StatusOr<StudyRecord> refined;
  for (int i = 0; i < 6; ++i) {
    refined = world.Refine("s", {.around = {3}, .num = 1001});
    if (!refined.ok()) break;
    ASSERT_TRUE(world.Change("s", Action::kStop).ok());
    for (const Lease& lease : worker->leases) world.Train(*worker, lease);
    worker->leases.clear();
    ASSERT_EQ(world.Study().state, StudyState::kStopped);
  }
  EXPECT_TRUE(absl::IsFailedPrecondition(refined.status())) << refined.status();
  EXPECT_THAT(std::string(refined.status().message()), HasSubstr("finer than is exact"));
}

TEST(CoordinatorRefinement, ARequestIsCarriedOutOnce) {
  World world;
  const auto worker = Completed(world);
  const auto first = world.Refine("s", {}, "mine");
  ASSERT_TRUE(first.ok());
  const auto again = world.Refine("s", {}, "mine");
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->planned_trials, first->planned_trials);
  EXPECT_EQ(world.store.rounds().size(), 2U);
  EXPECT_TRUE(absl::IsInvalidArgument(world.Refine("s", {.num = 7}, "mine").status()));
  world.TrainAll(*worker);
  EXPECT_EQ(world.Refine("s", {}, "mine")->state, StudyState::kRunning);
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

TEST(CoordinatorRefinement, ItsTimeIsItsOwn) {
  World world;
  const auto worker = Completed(world, {.limits = R"({"max_seconds":60})"});
  world.Pass(100);
  ASSERT_TRUE(world.Refine("s", {}).ok());
  world.Pass(2);
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  EXPECT_FALSE(world.Study().stopping);
  world.Pass(70);
  EXPECT_TRUE(world.Study().stopping || world.Study().state == StudyState::kStopped);
}

TEST(CoordinatorRefinement, ARoundThatIsNotStoredNeverWas) {
  World world;
  const auto worker = Completed(world);
  world.store.Hold();
  std::optional<absl::StatusOr<StudyAnswer>> answer;
  world->RefineStudy("mine", "s", {}, [&](absl::StatusOr<StudyAnswer> given) { answer = std::move(given); });
  world.strand.RunAll();
  EXPECT_FALSE(answer.has_value());
  EXPECT_THAT(worker->leases, IsEmpty());
  world.Crash();
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.store.rounds().size(), 1U);
}

// What the study had come to stands, and another round may be asked for.
TEST(CoordinatorRefinement, FailuresOfARoundAreItsOwn) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"max_failed_trials":1,"max_attempts":1})"}).ok());
  const auto fail = [&world](FakeWorker& worker) {
    const Lease lease = worker.leases.front();
    worker.leases.erase(worker.leases.begin());
    world.Finish(worker, lease, TrialOutcome::Kind::kFailed, "no more memory");
    world->Ready(worker.session, 1);
    world.Run();
  };
  auto worker = world.Start();
  fail(*worker);
  world.TrainAll(*worker);
  ASSERT_EQ(world.Study().state, StudyState::kCompleted);
  ASSERT_TRUE(world.Refine("s", {}).ok());
  fail(*worker);
  EXPECT_EQ(world.Study().state, StudyState::kRunning) << "the first of the round";
  worker = Reborn(world, "after");  // what it had under way is the second
  EXPECT_EQ(world.Study().state, StudyState::kStopped);
  EXPECT_THAT(world.Study().reason, HasSubstr("max_failed_trials"));
  EXPECT_TRUE(world.Refine("s", {.num = 7}).ok());
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
}

TEST(CoordinatorRefinement, OfPointsByHandThatHadNotBegun) {
  World world;
  ASSERT_TRUE(world
                  .Create({.rates = R"({"range":{"low":0.001,"high":1,"scale":"log"}})",
                           .search = R"({"tpe":{"trials":9},"enqueue":[{"rate":0.3},{"rate":0.04},{"rate":0.02},
                                         {"rate":0.01},{"rate":0.2},{"rate":0.5},{"rate":0.6},{"rate":0.7}]})"})
                  .ok());
  auto worker = world.Start();
  world.Train(*worker, Lease(worker->leases[0]));
  ASSERT_TRUE(world.Change("s", Action::kStop).ok());
  world.Train(*worker, Lease(worker->leases[1]));
  ASSERT_EQ(world.Study().state, StudyState::kStopped);
  ASSERT_TRUE(world.Refine("s", {}).ok());
  const std::int64_t trials = world.Study().planned_trials;
  EXPECT_LT(trials, 8) << "fewer than there were points by hand";
  world.Crash();
  world.TrainAll(*Reborn(world, "after"));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  EXPECT_EQ(world.Study().next_trial, trials + 1);
}

// Whichever read fails: it was refined, or it was not.
TEST(CoordinatorRefinement, AReadThatFailsLeavesNothingBehind) {
  int refused = 0;
  for (int call = 0; call < 20; ++call) {
    World world;
    const auto worker = Completed(world);
    world.store.FailCalls(call, 1);
    const auto refined = world.Refine("s", {});
    world.store.FailCalls(0, 0);
    refused += refined.ok() ? 0 : 1;
    EXPECT_EQ(world.Study().state, refined.ok() ? StudyState::kRunning : StudyState::kCompleted) << call;
    world.Pass(2);  // what could not be stored, can be again
    if (!refined.ok()) EXPECT_TRUE(world.Refine("s", {}).ok()) << call;
    world.TrainAll(*Reborn(world, "next"));
    EXPECT_EQ(world.Study().state, StudyState::kCompleted) << call;
    EXPECT_EQ(world.store.rounds().size(), 2U) << call;
  }
  EXPECT_GT(refused, 2);
}

}  // namespace
}  // namespace hpsearch::study
