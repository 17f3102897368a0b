// What is not extended: more than is held in memory at once, trials with nothing to go on from, a study in its
// end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::HasSubstr;

void Store(World& world, Batch batch) {
  world.store.Commit(std::move(batch), [](const absl::Status& status) { EXPECT_TRUE(status.ok()) << status; });
  world.strand.RunAll();
}

void Complete(World& world, const StudyText& text = {}) {
  ASSERT_TRUE(world.Create(text).ok());
  const auto worker = world.Start();
  world.TrainAll(*worker);
  ASSERT_EQ(world.Study().state, StudyState::kCompleted);
  world->Disconnect(worker->session);
  world.Run();
}

void ExpectRefused(World& world, const Extension& extension, absl::StatusCode code, const std::string& why) {
  const absl::Status status = world.Extend("s", extension).status();
  EXPECT_EQ(status.code(), code) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

TEST(ExtensionLimits, ACommandIsChecked) {
  World world;
  Complete(world);
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  ExpectRefused(world, {.epochs = 0}, kInvalid, "epochs: 0");
  ExpectRefused(world, {.epochs = 1'000'000'001}, kInvalid, "from 1 to 1000000000");
  ExpectRefused(world, {.trial = 1, .best = 1, .epochs = 3}, kInvalid, "one of them");
  ExpectRefused(world, {.best = 0, .epochs = 3}, kInvalid, "best: 0");
  ExpectRefused(world, {.best = 10'001, .epochs = 3}, kInvalid, "1 to 10000");
  EXPECT_TRUE(absl::IsNotFound(world.Extend("s", {.trial = 9, .epochs = 3}).status()));
}

TEST(ExtensionLimits, OnlyATrialWithAResultGoesOn) {
  World world;
  Complete(world);
  for (const TrialState state :
       {TrialState::kFailed, TrialState::kDiverged, TrialState::kCancelled, TrialState::kQueued}) {
    TrialRecord trial = world.Trial(1);
    trial.state = state;
    Store(world, {PutTrial{trial}});
    ExpectRefused(world, {.trial = 1, .epochs = 3}, absl::StatusCode::kFailedPrecondition,
                  "there is nothing to go on from");
  }
  TrialRecord trial = world.Trial(1);
  trial.state = TrialState::kEarlyStopped;
  Store(world, {PutTrial{trial}});
  const auto extended = world.Extend("s", {.trial = 1, .epochs = 3});
  ASSERT_TRUE(extended.ok()) << extended.status();
  const auto worker = world.Start();
  EXPECT_THAT(world.TrainAll(*worker), ::testing::ElementsAre(1));
  EXPECT_EQ(world.Trial(1).state, TrialState::kCompleted);
}

TEST(ExtensionLimits, WithParametersThatCannotBeReadItIsLeftAlone) {
  World world;
  Complete(world);
  for (const char* parameters : {"no JSON", R"({"rate":"fast"})"}) {
    TrialRecord trial = world.Trial(1);
    trial.parameters = parameters;
    Store(world, {PutTrial{trial}});
    EXPECT_FALSE(world.Extend("s", {.trial = 1, .epochs = 3}).ok()) << parameters;
    EXPECT_EQ(world.Study().state, StudyState::kCompleted);
  }
}

TEST(ExtensionLimits, AScheduleWithoutAnEndGoesOn) {
  World world;
  Complete(world, {.training = R"(,"schedule":{"time_decay":{"rate":0.1}})"});
  EXPECT_TRUE(world.Extend("s", {.epochs = 300}).ok());
}

TEST(ExtensionLimits, NoMoreTrialsThanAreHeldAtOnce) {
  World world;
  Complete(world);
  Batch batch;
  TrialRecord trial = world.Trial(1);
  for (trial.number = 5; trial.number <= 10'001; ++trial.number) batch.push_back(PutTrial{trial});
  Store(world, std::move(batch));
  ExpectRefused(world, {.epochs = 3}, absl::StatusCode::kFailedPrecondition, "more than 10000 trials");
  EXPECT_TRUE(world.Extend("s", {.best = 3, .epochs = 3}).ok());
}

TEST(ExtensionLimits, NoMoreEpochsThanAreHeldAtOnce) {
  World world;
  Complete(world);
  for (const std::int64_t number : {1, 2}) {
    TrialRecord trial = world.Trial(number);
    trial.epochs = 300'000;
    Store(world, {PutTrial{trial}});
  }
  ExpectRefused(world, {.epochs = 400'000}, absl::StatusCode::kFailedPrecondition, "600004 epochs");
}

// Its end is decided and not stored.
TEST(ExtensionLimits, OneThatIsJustEndingIsAskedForAgain) {
  World world;
  ASSERT_TRUE(world.Create({}).ok());
  world.store.Hold();
  std::optional<absl::StatusOr<StudyRecord>> stopped, extended;
  world->ChangeState("stop", "s", Action::kStop, [&](absl::StatusOr<StudyRecord> answer) { stopped = answer; });
  world->ExtendStudy("extend", "s", {.epochs = 3}, [&](absl::StatusOr<StudyRecord> answer) { extended = answer; });
  world.Run();
  ASSERT_TRUE(stopped.has_value() && extended.has_value());
  EXPECT_TRUE(stopped->ok()) << stopped->status();
  EXPECT_TRUE(absl::IsUnavailable(extended->status())) << extended->status();
}

// The only one that it had comes out with other bits: there is no best any more.
TEST(ExtensionLimits, WithoutItsOnlyResultAStudyHasNoBest) {
  World world;
  Complete(world, {.rates = R"({"values":[0.1]})"});
  ASSERT_EQ(world.Study().best_trial, 1);
  ASSERT_TRUE(world.Extend("s", {.epochs = 3}).ok());
  const auto worker = world.Start();
  ASSERT_EQ(worker->leases.size(), 1U);
  EpochRecord other = PlayedEpoch(0.1, 1);
  other.train_loss += 1;
  world->Report(worker->session, {"s", 1, worker->leases[0].attempt, {other}});
  world.Run();
  EXPECT_EQ(world.Trial(1).state, TrialState::kFailed);
  EXPECT_EQ(world.Study().best_trial, std::nullopt);
}

}  // namespace
}  // namespace hpsearch::study
