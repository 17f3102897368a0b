// Clients: creating, repeating, pausing, stopping, cancelling.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(CoordinatorStudy, IsAnsweredOnceItIsStored) {
  World world;
  world.store.Hold();
  std::optional<absl::StatusOr<StudyRecord>> answer;
  world->CreateStudy("r", SpecOf({}), [&](absl::StatusOr<StudyRecord> record) { answer = std::move(record); });
  world.strand.RunAll();
  EXPECT_FALSE(answer.has_value());
  EXPECT_TRUE(world.events.empty());
  ASSERT_TRUE(world.store.CommitOne());
  world.strand.RunAll();
  ASSERT_TRUE(answer.has_value() && answer->ok());
  EXPECT_EQ((*answer)->state, StudyState::kRunning);
  EXPECT_EQ((*answer)->planned_trials, 4);
  EXPECT_EQ((*answer)->max_trials, 4);
  EXPECT_EQ((*answer)->metric, "validation_error");
  EXPECT_EQ((*answer)->direction, "minimize");
  EXPECT_EQ(world.Study().name, "s");
  ASSERT_FALSE(world.events.empty());
  EXPECT_EQ(world.events.front().study, "s");
}

TEST(CoordinatorStudy, OfTheSameMeaningIsReturned) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto again = world.Create({});
  ASSERT_TRUE(again.ok());
  EXPECT_EQ(again->id, 1);
  const auto worker = world.Start();
  world.TrainAll(*worker);
  const auto ended = world.Create({});
  ASSERT_TRUE(ended.ok());
  EXPECT_EQ(ended->id, 1);
  EXPECT_EQ(ended->state, StudyState::kCompleted);
}

TEST(CoordinatorStudy, OfAnotherMeaningUnderTheSameNameIsRefused) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto other = world.Create({.epochs = 3});
  EXPECT_TRUE(absl::IsAlreadyExists(other.status()));
  EXPECT_THAT(std::string(other.status().message()), HasSubstr("--name"));
  world.Crash();
  EXPECT_TRUE(absl::IsAlreadyExists(world.Create({.epochs = 3}).status()));
}

// An older version's canonical text lacks what this one writes out.
TEST(CoordinatorStudy, OfTheSameMeaningInAnOlderVersionsText) {
  World world;
  StudyRecord stored = world.Create({}, "a").value();
  const auto at = stored.spec.find(R"("seed":0,)");
  ASSERT_NE(at, std::string::npos);
  stored.spec.erase(at, 9);
  world.store.Commit({PutStudy{stored}}, [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
  world.Crash();
  EXPECT_EQ(world.Create({}).value().id, 1);
  EXPECT_EQ(world.Create({}, "a").value().id, 1);  // the first answer
  EXPECT_TRUE(absl::IsAlreadyExists(world.Create({.epochs = 3}).status()));
}

TEST(CoordinatorStudy, ThatThisVersionRefusesKeepsNoOtherFromRunning) {
  World world;
  StudyRecord refused = world.Create({.name = "future"}).value();
  ASSERT_TRUE(world.Create({.name = "s"}).ok());
  refused.spec = R"({"study":"future","quantum":true})";
  world.store.Commit({PutStudy{refused}}, [](const absl::Status& status) { EXPECT_TRUE(status.ok()); });
  world.Crash();
  const auto cancelled = world.Change("future", Action::kCancel);
  EXPECT_TRUE(absl::IsFailedPrecondition(cancelled.status())) << cancelled.status();
  EXPECT_THAT(std::string(cancelled.status().message()), HasSubstr("quantum"));
  EXPECT_TRUE(absl::IsFailedPrecondition(world.Create({.name = "future"}).status()));
  EXPECT_EQ(world.Study("future").state, StudyState::kRunning);
  EXPECT_EQ(world.Study("future").spec, refused.spec);
  const auto worker = world.Start();
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1, 2, 3, 4));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

TEST(CoordinatorStudy, RepeatedRequestsReturnTheFirstAnswer) {
  World world;
  ASSERT_TRUE(world.Create({}, "a").ok());
  const auto paused = world.Change("s", Action::kPause, "b");
  ASSERT_TRUE(paused.ok());
  ASSERT_TRUE(world.Change("s", Action::kResume, "c").ok());
  for (int life = 0; life < 2; ++life) {
    const auto again = world.Change("s", Action::kPause, "b");
    ASSERT_TRUE(again.ok());
    EXPECT_EQ(again->state, StudyState::kPaused);
    EXPECT_EQ(again->spec, paused->spec);
    EXPECT_EQ(world.Study().state, StudyState::kRunning);
    EXPECT_EQ(world.Create({}, "a")->state, StudyState::kRunning);
    world.Crash();
  }
}

TEST(CoordinatorStudy, RepeatedWhileTheFirstIsUnderWay) {
  World world;
  world.store.Hold();
  std::vector<std::int64_t> ids;
  for (int i = 0; i < 2; ++i) {
    world->CreateStudy("a", SpecOf({}), [&](absl::StatusOr<StudyRecord> record) { ids.push_back(record->id); });
  }
  EXPECT_THAT(ids, IsEmpty());
  world.Run();
  EXPECT_THAT(ids, ElementsAre(1, 1));
}

TEST(CoordinatorStudy, ARequestIdServesOneRequest) {
  World world;
  ASSERT_TRUE(world.Create({}, "a").ok());
  EXPECT_TRUE(absl::IsInvalidArgument(world.Change("s", Action::kPause, "a").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(world.Create({.name = "t"}, "a").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(world.Create({.epochs = 9}, "a").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(world.Change("s", Action::kPause, std::string(129, 'x')).status()));
}

TEST(CoordinatorStudy, UnknownIsNotFound) {
  World world;
  EXPECT_TRUE(absl::IsNotFound(world.Change("s", Action::kPause).status()));
}

TEST(CoordinatorStudy, PausedLeasesNothingAndLetsTrialsFinish) {
  World world;
  ASSERT_TRUE(world.Create({.search = R"({"refine":{"rounds":2}})"}).ok());
  const auto worker = world.Start();
  ASSERT_EQ(worker->leases.size(), 1U);
  ASSERT_TRUE(world.Change("s", Action::kPause).ok());
  EXPECT_EQ(world.Change("s", Action::kPause)->state, StudyState::kPaused);
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1));
  EXPECT_EQ(world.Trial(1).state, TrialState::kCompleted);
  world.Crash();
  EXPECT_EQ(world.Study().state, StudyState::kPaused);
  const auto later = world.Start();
  EXPECT_THAT(later->leases, IsEmpty());
  EXPECT_EQ(world.Change("s", Action::kResume)->state, StudyState::kRunning);
  EXPECT_EQ(world.Change("s", Action::kResume)->state, StudyState::kRunning);
  EXPECT_EQ(later->leases.size(), 1U);
}

TEST(CoordinatorStudy, NoRoundOpensUnderPause) {
  World world;
  ASSERT_TRUE(world.Create({.search = R"({"refine":{"rounds":2}})"}).ok());
  const auto worker = world.Start();
  for (int trial = 1; trial <= 3; ++trial) {
    const Lease lease = worker->leases.back();
    world.Train(*worker, lease);
  }
  ASSERT_TRUE(world.Change("s", Action::kPause).ok());
  world.Train(*worker, Lease(worker->leases.back()));
  EXPECT_EQ(world.store.rounds().size(), 1U);
  EXPECT_EQ(world.Study().state, StudyState::kPaused);
  ASSERT_TRUE(world.Change("s", Action::kResume).ok());
  EXPECT_EQ(world.store.rounds().size(), 2U);
}

TEST(CoordinatorStudy, StoppedEndsWithItsLastTrial) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto a = world.Start(World::Hello("a"));
  const auto b = world.Start(World::Hello("b"));
  const auto stopping = world.Change("s", Action::kStop);
  ASSERT_TRUE(stopping.ok());
  EXPECT_EQ(stopping->state, StudyState::kRunning);
  EXPECT_TRUE(stopping->stopping);
  EXPECT_TRUE(absl::IsFailedPrecondition(world.Change("s", Action::kResume).status()));
  // One finishes; the other comes back and is not leased again. In between the coordinator dies.
  world.Train(*a, Lease(a->leases.back()));
  world.Crash();
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  const auto again = world.Start(World::Hello("c"));
  EXPECT_THAT(again->leases, IsEmpty());
  world.Pass(11);
  world.Run();
  EXPECT_EQ(world.Study().state, StudyState::kStopped);
  EXPECT_EQ(world.Study().reason, "");
  EXPECT_TRUE(world.Study().finished_at.has_value());
  EXPECT_EQ(world.Trial(2).state, TrialState::kCancelled);
  EXPECT_EQ(world.store.trials().size(), 2U);
  EXPECT_EQ(world.Change("s", Action::kStop)->state, StudyState::kStopped);
  EXPECT_TRUE(absl::IsFailedPrecondition(world.Change("s", Action::kPause).status()));
}

// A pause that is followed by a stop is over: whoever goes on with the study waits for its end.
TEST(CoordinatorStudy, StoppedInAPauseItIsRunningUntilItEnds) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  ASSERT_TRUE(world.Change("s", Action::kPause).ok());
  ASSERT_TRUE(world.Change("s", Action::kStop).ok());
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  EXPECT_TRUE(world.Study().stopping);
  world.Train(*worker, Lease(worker->leases.back()));
  EXPECT_EQ(world.Study().state, StudyState::kStopped);
  EXPECT_EQ(world.store.trials().size(), 1U);
}

TEST(CoordinatorStudy, StoppedWithNothingRunningEndsAtOnce) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  EXPECT_EQ(world.Change("s", Action::kStop)->state, StudyState::kStopped);
}

TEST(CoordinatorStudy, CancelledRevokesWhatRuns) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  const auto worker = world.Start();
  const auto cancelled = world.Change("s", Action::kCancel);
  ASSERT_TRUE(cancelled.ok());
  EXPECT_EQ(cancelled->state, StudyState::kCancelled);
  ASSERT_EQ(worker->revoked.size(), 1U);
  EXPECT_EQ(worker->revoked[0].trial, 1);
  EXPECT_EQ(world.Trial(1).state, TrialState::kCancelled);
  EXPECT_EQ(world.Change("s", Action::kCancel)->state, StudyState::kCancelled);
  const auto late = world.Change("s", Action::kResume);
  EXPECT_TRUE(absl::IsFailedPrecondition(late.status()));
  EXPECT_THAT(std::string(late.status().message()), HasSubstr("CANCELLED"));
  world.Finish(*worker, worker->leases[0]);
  EXPECT_THAT(worker->outcomes, IsEmpty());
  EXPECT_EQ(worker->revoked.size(), 2U);
}

TEST(CoordinatorStudy, StopsAfterMaxSeconds) {
  World world;
  ASSERT_TRUE(world.Create({.limits = R"({"max_seconds":60,"lease_seconds":600})"}).ok());
  world.Pass(100);
  world.Run();
  EXPECT_EQ(world.Study().state, StudyState::kRunning);  // counted from the first lease
  const auto worker = world.Start();
  world.Pass(61);
  world.Run();
  EXPECT_TRUE(world.Study().stopping);
  EXPECT_THAT(world.TrainAll(*worker), ElementsAre(1));
  EXPECT_EQ(world.Study().state, StudyState::kStopped);
  EXPECT_THAT(world.Study().reason, HasSubstr("limits.max_seconds"));
}

}  // namespace
}  // namespace hpsearch::study
