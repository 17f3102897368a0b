#include "worker/agent/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <map>

#include "tests/worker/agent/worker_fixture.h"

namespace hpsearch::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::StartsWith;

TEST_F(WorkerTest, SaysWhoItIsAndWhatItHas) {
  data::IdxSet damaged = data::IdxSet::Counting(60, 12, 3);
  damaged.train_labels = data::IdxSet::Counting(59, 12, 3).train_labels;
  damaged.Write(folder_ / "damaged", false);
  options_.slots = 2;
  Begin();
  const v1::Hello hello = coordinator_.ExpectHello();
  EXPECT_EQ(hello.name(), "tester");
  EXPECT_EQ(hello.slots(), 2);
  EXPECT_EQ(hello.instance().size(), 32u);
  EXPECT_FALSE(hello.numerics_digest().empty());
  EXPECT_FALSE(hello.version().empty());
  EXPECT_EQ(hello.held_size(), 0);
  ASSERT_EQ(hello.datasets_size(), 2);
  EXPECT_EQ(hello.datasets(0).key(), "damaged");
  EXPECT_THAT(hello.datasets(0).fault(),
              HasSubstr("damaged/train-labels-idx1-ubyte: 59 labels, but train-images-idx3-ubyte has 60 images"));
  EXPECT_EQ(hello.datasets(0).hash(), "");
  const v1::DatasetOffer& shapes = hello.datasets(1);
  EXPECT_EQ(shapes.key(), "shapes");
  EXPECT_EQ(shapes.fault(), "");
  EXPECT_EQ(shapes.hash(), (*options_.catalog->Load("shapes"))->hash);
  EXPECT_THAT(shapes.sample_shape(), ElementsAre(2, 3));
  EXPECT_EQ(shapes.classes(), 3);
  EXPECT_EQ(shapes.train_rows(), 60);
  EXPECT_EQ(shapes.test_rows(), 12);
  EXPECT_EQ(coordinator_.ExpectReady(), 2);
}

// A link to nowhere: another worker may have the set whole, and this one's trouble must not end a study.
TEST_F(WorkerTest, WhatItCannotReadItDoesNotOfferUnlessNobodyElseCould) {
  data::IdxSet::Counting(60, 12, 3).Write(folder_ / "unmounted", false);
  std::filesystem::remove(folder_ / "unmounted/train-images-idx3-ubyte");
  std::filesystem::create_symlink("/nowhere", folder_ / "unmounted/train-images-idx3-ubyte");
  Begin();
  v1::Hello hello = coordinator_.ExpectHello();
  ASSERT_EQ(hello.datasets_size(), 1);
  EXPECT_EQ(hello.datasets(0).key(), "shapes");
  worker_->Drain();
  EXPECT_TRUE(Result().ok());
  thread_.join();

  options_.datasets = {"unmounted"};
  Begin();
  hello = coordinator_.ExpectHello();
  ASSERT_EQ(hello.datasets_size(), 1);
  EXPECT_THAT(hello.datasets(0).fault(), HasSubstr("train-images-idx3-ubyte: cannot be opened: No such file"));
}

TEST_F(WorkerTest, WhatWasNotThereIsOfferedOnceItIs) {
  data::IdxSet::Counting(60, 12, 3).Write(folder_ / "late", false);
  const std::string images = folder_ / "late/train-images-idx3-ubyte";
  std::filesystem::rename(images, images + ".away");
  std::filesystem::create_symlink("/nowhere", images);
  options_.look_again = std::chrono::milliseconds(20);
  Begin();
  EXPECT_EQ(coordinator_.ExpectHello().datasets_size(), 1);
  data::IdxSet::Counting(60, 12, 3).Write(folder_ / "new", false);
  std::filesystem::rename(images + ".away", images);
  coordinator_.Expect([](const v1::WorkerMessage& message) { return message.hello().datasets_size() == 3; });
}

// A path is any bytes, a message's text is not: it would be refused for ever.
TEST_F(WorkerTest, AFaultWithBytesThatAreNoTextIsToldAllTheSame) {
  data::IdxSet damaged = data::IdxSet::Counting(60, 12, 3);
  damaged.train_images.pop_back();
  damaged.Write(folder_ / "caf\xe9/damaged", false);
  options_.catalog = std::make_shared<data::Catalog>(std::vector<std::string>{folder_ / "caf\xe9"});
  Begin();
  const v1::Hello hello = coordinator_.ExpectHello();
  ASSERT_EQ(hello.datasets_size(), 1);
  EXPECT_THAT(hello.datasets(0).fault(),
              HasSubstr("/caf\xEF\xBF\xBD/damaged/train-images-idx3-ubyte: is cut short"));
}

TEST_F(WorkerTest, OffersWhatItIsToldToAndSaysWhatIsNotThere) {
  options_.datasets = {folder_ / "shapes", "mnist"};
  Begin();
  const v1::Hello hello = coordinator_.ExpectHello();
  ASSERT_EQ(hello.datasets_size(), 2);
  EXPECT_EQ(hello.datasets(0).key(), folder_ / "shapes");
  EXPECT_EQ(hello.datasets(0).fault(), "");
  EXPECT_THAT(hello.datasets(1).fault(), StartsWith("no data set 'mnist' in "));
}

TEST_F(WorkerTest, TrainsALeaseReportsAndIsReadyAgain) {
  Begin();
  EXPECT_EQ(coordinator_.ExpectReady(), 1);
  coordinator_.SendLease(LeaseOf(1, 5));
  const v1::Outcome outcome = coordinator_.ExpectOutcome();
  EXPECT_EQ(IdOf(outcome), Id(1));
  EXPECT_EQ(outcome.kind(), v1::Outcome::COMPLETED) << outcome.reason();
  EXPECT_EQ(coordinator_.ExpectReady(), 1);
  const std::vector<v1::Epoch> epochs = Reported(Id(1));
  ASSERT_EQ(epochs.size(), 5u);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(epochs[i].epoch(), i + 1);
    EXPECT_TRUE(epochs[i].has_train_loss() && epochs[i].has_validation_error());
    EXPECT_DOUBLE_EQ(epochs[i].learning_rate(), 0.01);
  }
  EXPECT_LT(epochs[4].train_loss(), epochs[0].train_loss());

  worker_->Drain();
  EXPECT_TRUE(Result().ok());
  EXPECT_TRUE(coordinator_.Saw([](const auto& message) { return message.has_drain(); }));
}

TEST_F(WorkerTest, WorksInOneProcessWithItsServer) {
  Begin(coordinator_.InProcessChannel());
  coordinator_.SendLease(LeaseOf(1, 2));
  EXPECT_EQ(coordinator_.ExpectOutcome().kind(), v1::Outcome::COMPLETED);
  worker_->Drain();
  EXPECT_TRUE(Result().ok());
}

TEST_F(WorkerTest, WhatWasNotAcknowledgedComesAgainWithTheSameBits) {
  coordinator_.set_acknowledging(false);
  Begin();
  const std::string instance = coordinator_.ExpectHello().instance();
  coordinator_.SendLease(LeaseOf(1, 4));
  coordinator_.ExpectOutcome();
  const std::vector<std::string> first = Texts(Reported(Id(1)));
  ASSERT_EQ(first.size(), 4u);
  coordinator_.Cut();

  const v1::Hello again = coordinator_.ExpectHello();
  EXPECT_EQ(again.instance(), instance);
  ASSERT_EQ(again.held_size(), 1);
  EXPECT_EQ(IdOf(again.held(0)), Id(1));
  EXPECT_EQ(coordinator_.ExpectOutcome().kind(), v1::Outcome::COMPLETED);
  EXPECT_EQ(Texts(Reported(Id(1))), first);
  // What it has said stands for as long as nobody has stored it; its slot is free all the same.
  EXPECT_EQ(coordinator_.ExpectReady(), 1);

  coordinator_.set_acknowledging(true);
  coordinator_.Cut();
  coordinator_.ExpectOutcome();
  // The epochs, the outcome and the word of the free slot came as one, and so did the answers.
  EXPECT_GE(coordinator_.most_together(), 3);
  // All is stored: nothing keeps it.
  worker_->Drain();
  EXPECT_TRUE(Result().ok());
}

TEST_F(WorkerTest, ARevokedTrialStopsAndIsNotSpokenOfAgain) {
  Begin();
  EXPECT_EQ(coordinator_.ExpectReady(), 1);
  coordinator_.SendLease(LeaseOf(1, kForEver));
  coordinator_.ExpectEpoch(Id(1), 1);
  coordinator_.Revoke(Id(1));
  EXPECT_EQ(coordinator_.ExpectReady(), 1);
  EXPECT_FALSE(coordinator_.Saw([](const auto& message) { return message.has_outcome(); }));
  // The slot trains on.
  coordinator_.SendLease(LeaseOf(2, 1));
  EXPECT_EQ(IdOf(coordinator_.ExpectOutcome()), Id(2));
}

TEST_F(WorkerTest, SlotsTrainSideBySide) {
  options_.slots = 2;
  Begin();
  EXPECT_EQ(coordinator_.ExpectReady(), 2);
  coordinator_.SendLease(LeaseOf(1, kForEver));
  coordinator_.ExpectEpoch(Id(1), 1);
  coordinator_.SendLease(LeaseOf(2, kForEver));
  coordinator_.ExpectEpoch(Id(2), 1);
  const auto so_far = static_cast<std::int64_t>(Reported(Id(1)).size());
  coordinator_.ExpectEpoch(Id(1), so_far + 1);
}

TEST_F(WorkerTest, ALeaseTooManyGoesBack) {
  Begin();
  coordinator_.SendLease(LeaseOf(1, kForEver));
  coordinator_.SendLease(LeaseOf(2, 1));
  const v1::Outcome outcome = coordinator_.ExpectOutcome();
  EXPECT_EQ(IdOf(outcome), Id(2));
  EXPECT_EQ(outcome.kind(), v1::Outcome::RETURNED);
}

TEST_F(WorkerTest, DrainedItEndsItsEpochHandsBackAndTakesNoMore) {
  coordinator_.set_answering_drains(false);
  Begin();
  coordinator_.SendLease(LeaseOf(1, kForEver));
  coordinator_.ExpectEpoch(Id(1), 1);
  worker_->Drain();
  worker_->Drain();
  coordinator_.Expect([](const auto& message) { return message.has_drain(); });
  coordinator_.SendLease(LeaseOf(2, 1));
  coordinator_.SendDrained();
  EXPECT_TRUE(Result().ok());
  std::map<std::int64_t, v1::Outcome::Kind> outcomes;  // the first may have come before the drain was said
  for (const v1::WorkerMessage& message : coordinator_.OfThisSession()) {
    if (message.has_outcome()) outcomes.emplace(message.outcome().trial(), message.outcome().kind());
  }
  EXPECT_THAT(outcomes, ElementsAre(Pair(1, v1::Outcome::RETURNED), Pair(2, v1::Outcome::RETURNED)));
}

TEST_F(WorkerTest, ALeaseThatCrossesTheDrainOfAnIdleWorkerGoesBack) {
  coordinator_.set_answering_drains(false);
  Begin();
  coordinator_.ExpectReady();
  worker_->Drain();
  coordinator_.Expect([](const auto& message) { return message.has_drain(); });
  coordinator_.SendLease(LeaseOf(1, 1));
  const v1::Outcome outcome = coordinator_.ExpectOutcome();
  EXPECT_EQ(IdOf(outcome), Id(1));
  EXPECT_EQ(outcome.kind(), v1::Outcome::RETURNED);
  coordinator_.SendDrained();
  EXPECT_TRUE(Result().ok());
}

TEST_F(WorkerTest, DrainedItStaysUntilItsOutcomeIsStored) {
  coordinator_.set_acknowledging(false);
  Begin();
  coordinator_.ExpectReady();  // drained before it is welcomed, a worker is through at once
  coordinator_.SendLease(LeaseOf(1, 3));
  worker_->Drain();
  coordinator_.ExpectOutcome();
  coordinator_.Cut();
  coordinator_.ExpectOutcome();
  EXPECT_EQ(result_.wait_for(std::chrono::seconds(0)), std::future_status::timeout);
  coordinator_.set_acknowledging(true);
  coordinator_.Cut();
  EXPECT_TRUE(Result().ok());
}

TEST_F(WorkerTest, StoppedItHandsItsTrialsBack) {
  Begin();
  coordinator_.SendLease(LeaseOf(1, kForEver));
  coordinator_.ExpectEpoch(Id(1), 1);
  worker_->Stop();
  worker_->Stop();
  const v1::Outcome outcome = coordinator_.ExpectOutcome();
  EXPECT_EQ(IdOf(outcome), Id(1));
  EXPECT_EQ(outcome.kind(), v1::Outcome::RETURNED);
  EXPECT_TRUE(Result().ok());
}

TEST_F(WorkerTest, StoppedItDoesNotWaitForEver) {
  coordinator_.set_acknowledging(false);
  Begin();
  coordinator_.SendLease(LeaseOf(1, kForEver));
  coordinator_.ExpectEpoch(Id(1), 1);
  worker_->Stop();
  EXPECT_TRUE(Result().ok());
}

TEST_F(WorkerTest, StoppedOrDrainedBeforeItRunsItDoesNothing) {
  for (const bool stop : {false, true}) {
    Worker worker(coordinator_.Channel(), options_);
    stop ? worker.Stop() : worker.Drain();
    EXPECT_TRUE(worker.Run().ok());
  }
  EXPECT_THAT(coordinator_.OfThisSession(), IsEmpty());
  Worker(coordinator_.Channel(), options_);  // never run
}

TEST_F(WorkerTest, TrainsOnWhileTheServerIsAway) {
  Begin();
  EXPECT_EQ(coordinator_.ExpectReady(), 1);
  coordinator_.set_acknowledging(false);
  coordinator_.SendLease(LeaseOf(1, kForEver));
  coordinator_.ExpectEpoch(Id(1), 1);
  coordinator_.GoAway();
  coordinator_.ComeBack();
  const v1::Hello hello = coordinator_.ExpectHello();
  ASSERT_EQ(hello.held_size(), 1);
  EXPECT_EQ(IdOf(hello.held(0)), Id(1));
  coordinator_.ExpectEpoch(Id(1), 100);
  const std::vector<v1::Epoch> epochs = Reported(Id(1));
  for (std::size_t i = 0; i < epochs.size(); ++i) ASSERT_EQ(epochs[i].epoch(), static_cast<std::int64_t>(i) + 1);
  EXPECT_FALSE(std::ranges::any_of(coordinator_.OfThisSession(), [](const auto& m) { return m.has_ready(); }));
}

TEST_F(WorkerTest, WaitsForAServerThatIsNotThereYet) {
  coordinator_.GoAway();
  Begin();
  coordinator_.ComeBack();
  EXPECT_EQ(coordinator_.ExpectReady(), 1);
}

TEST_F(WorkerTest, ComesAgainWhenTheServerIsBusyAndGivesUpWhenItIsRefused) {
  coordinator_.Refuse({grpc::StatusCode::UNAVAILABLE, "shutting down"}, 2);
  Begin();
  for (int i = 0; i < 3; ++i) coordinator_.ExpectHello();
  EXPECT_EQ(coordinator_.ExpectReady(), 1);
  coordinator_.Refuse({grpc::StatusCode::FAILED_PRECONDITION, "another process has this name"});
  coordinator_.Cut();
  const absl::Status status = Result();
  EXPECT_EQ(status.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(status.message(), "another process has this name");
}

TEST_F(WorkerTest, BeatsWhileItHasNothingToSay) {
  coordinator_.set_heartbeat_seconds(0.05);
  Begin();
  for (int i = 0; i < 3; ++i) coordinator_.Expect([](const auto& message) { return message.has_heartbeat(); });
}

TEST_F(WorkerTest, RefusesOptionsThatNoServerTakes) {
  for (const auto& [name, slots] : std::vector<std::pair<std::string, std::int64_t>>{
           {"", 1}, {"a\nb", 1}, {std::string(129, 'a'), 1}, {"a", 0}, {"a", 1025}}) {
    options_.name = name;
    options_.slots = slots;
    EXPECT_EQ(Worker(coordinator_.Channel(), options_).Run().code(), absl::StatusCode::kInvalidArgument);
  }
}

}  // namespace
}  // namespace hpsearch::agent
