#include "worker/agent/worker.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/worker/agent/fake_coordinator.h"
#include "tests/worker/data/idx_files.h"
#include "worker/data/catalog.h"

namespace hpsearch::agent {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::StartsWith;

constexpr std::int64_t kForEver = 1'000'000;  // epochs that no test waits for

// A small net on a small set: an epoch takes far less than a millisecond.
v1::Lease LeaseOf(std::int64_t trial, std::int64_t epochs, std::int64_t attempt = 1) {
  v1::Lease lease;
  SetId({"shapes-mlp", trial, attempt}, &lease);
  lease.set_epochs(epochs);
  lease.set_seed(7);
  lease.mutable_dataset()->mutable_name()->set_value("shapes");
  v1::Dense* dense = lease.add_model()->mutable_dense();
  dense->mutable_units()->set_value(3);
  dense->mutable_activation()->set_value("softmax");
  v1::Training* training = lease.mutable_training();
  training->mutable_epochs()->set_value(epochs);
  training->mutable_batch_size()->set_value(8);
  training->mutable_optimizer()->mutable_sgd()->mutable_learning_rate()->set_value(0.01 *
                                                                                   static_cast<double>(trial));
  return lease;
}

LeaseId Id(std::int64_t trial, std::int64_t attempt = 1) { return {"shapes-mlp", trial, attempt}; }

class WorkerTest : public ::testing::Test {
 protected:
  WorkerTest() {
    data::IdxSet::Counting(60, 12, 3).Write(folder_ / "shapes", true);
    options_.name = "tester";
    options_.catalog = std::make_shared<data::Catalog>(std::vector<std::string>{folder_.path()});
  }
  ~WorkerTest() override {
    if (worker_ != nullptr) worker_->Stop();
    if (thread_.joinable()) thread_.join();
  }

  void Begin(std::shared_ptr<grpc::Channel> channel = nullptr) {
    worker_ = std::make_unique<Worker>(channel ? channel : coordinator_.Channel(), options_);
    std::promise<absl::Status> result;
    result_ = result.get_future();
    thread_ = std::thread([this, result = std::move(result)]() mutable { result.set_value(worker_->Run()); });
  }
  absl::Status Result() {
    if (result_.wait_for(std::chrono::seconds(30)) != std::future_status::ready) {
      ADD_FAILURE() << "Run does not return";
      return absl::UnknownError("");
    }
    return result_.get();
  }
  // The epochs of a lease, as this session has reported them.
  std::vector<v1::Epoch> Reported(const LeaseId& id) {
    std::vector<v1::Epoch> epochs;
    for (const v1::WorkerMessage& message : coordinator_.OfThisSession()) {
      for (const v1::EpochReport& report : message.reports().reports()) {
        if (IdOf(report) == id) epochs.insert(epochs.end(), report.epochs().begin(), report.epochs().end());
      }
    }
    return epochs;
  }
  static std::vector<std::string> Texts(std::vector<v1::Epoch> epochs) {
    std::vector<std::string> texts;
    for (v1::Epoch& epoch : epochs) texts.push_back(epoch.SerializeAsString());
    return texts;
  }

  data::TemporaryFolder folder_;
  WorkerOptions options_;
  FakeCoordinator coordinator_;
  std::unique_ptr<Worker> worker_;
  std::future<absl::Status> result_;
  std::thread thread_;
};

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
  coordinator_.ExpectReady();
  coordinator_.Cut();
  EXPECT_EQ(coordinator_.ExpectHello().held_size(), 0);
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

TEST_F(WorkerTest, DrainedItFinishesWhatItHasAndTakesNoMore) {
  Begin();
  coordinator_.SendLease(LeaseOf(1, 2000));
  coordinator_.ExpectEpoch(Id(1), 1);
  worker_->Drain();
  worker_->Drain();
  coordinator_.Expect([](const auto& message) { return message.has_drain(); });
  coordinator_.SendLease(LeaseOf(2, 1));
  EXPECT_TRUE(Result().ok());
  const v1::Outcome first = coordinator_.ExpectOutcome(), second = coordinator_.ExpectOutcome();
  EXPECT_EQ(first.trial() + second.trial(), 3);
  EXPECT_EQ((first.trial() == 1 ? first : second).kind(), v1::Outcome::COMPLETED);
  EXPECT_EQ((first.trial() == 2 ? first : second).kind(), v1::Outcome::RETURNED);
  EXPECT_EQ(Reported(Id(1)).size(), 2000u);
}

TEST_F(WorkerTest, DrainedItStaysUntilItsOutcomeIsStored) {
  coordinator_.set_acknowledging(false);
  Begin();
  coordinator_.SendLease(LeaseOf(1, 3));
  worker_->Drain();
  // The lease and the drain may cross; whichever outcome there is must be told until it is stored.
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

TEST_F(WorkerTest, ALossThatIsNotFiniteIsDivergence) {
  Begin();
  v1::Lease lease = LeaseOf(1, 50);
  lease.mutable_training()->mutable_optimizer()->mutable_sgd()->mutable_learning_rate()->set_value(1e300);
  coordinator_.SendLease(lease);
  const v1::Outcome outcome = coordinator_.ExpectOutcome();
  EXPECT_EQ(outcome.kind(), v1::Outcome::DIVERGED) << outcome.reason();
  const std::vector<v1::Epoch> epochs = Reported(Id(1));
  ASSERT_FALSE(epochs.empty());
  EXPECT_FALSE(epochs.back().has_train_loss());
  EXPECT_FALSE(epochs.back().has_validation_error());
}

class UnfitLeaseTest : public WorkerTest {
 protected:
  v1::Outcome OutcomeOf(const v1::Lease& lease) {
    coordinator_.SendLease(lease);
    v1::Outcome outcome = coordinator_.ExpectOutcome();
    EXPECT_EQ(IdOf(outcome), IdOf(lease));
    return outcome;
  }
};

TEST_F(UnfitLeaseTest, DataThatIsNotWhatItShouldBeIsADataFault) {
  data::IdxSet damaged = data::IdxSet::Counting(60, 12, 3);
  damaged.test_images.pop_back();
  damaged.Write(folder_ / "damaged", true);
  data::IdxSet::Counting(60, 12, 3).Write(folder_ / "changing", true);
  Begin();
  coordinator_.ExpectReady();

  v1::Lease lease = LeaseOf(1, 1);
  lease.mutable_dataset()->mutable_name()->set_value("damaged");
  v1::Outcome outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::DATA_FAULT);
  EXPECT_THAT(outcome.reason(), HasSubstr("t10k-images-idx3-ubyte.gz: is cut short"));

  lease = LeaseOf(2, 1);
  lease.mutable_dataset()->add_classes(1);
  lease.mutable_dataset()->add_classes(5);
  outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::DATA_FAULT);
  EXPECT_THAT(outcome.reason(), HasSubstr("shapes has no class 5"));

  lease = LeaseOf(3, 1);
  lease.mutable_model(0)->mutable_dense()->mutable_units()->set_value(2);
  outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::DATA_FAULT);
  EXPECT_THAT(outcome.reason(), HasSubstr("3 classes"));

  // Two others push it out of memory; what is on the disk by then is another set.
  data::IdxSet::Counting(61, 12, 3).Write(folder_ / "changing", true);
  EXPECT_EQ(OutcomeOf(LeaseOf(4, 1)).kind(), v1::Outcome::COMPLETED);
  const auto other = options_.catalog->Load(folder_ / "shapes");
  const auto another = options_.catalog->Load((folder_ / "shapes") + "/");
  lease = LeaseOf(5, 1);
  lease.mutable_dataset()->mutable_name()->set_value("changing");
  outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::DATA_FAULT);
  EXPECT_THAT(outcome.reason(), HasSubstr("changing has changed since this worker started"));
}

TEST_F(UnfitLeaseTest, ReadsNothingThatItHasNotOffered) {
  data::IdxSet::Counting(60, 12, 3).Write(folder_ / "elsewhere/secret", true);
  Begin();
  v1::Lease lease = LeaseOf(1, 1);
  lease.mutable_dataset()->clear_name();
  lease.mutable_dataset()->mutable_path()->set_value(folder_ / "elsewhere/secret");
  const v1::Outcome outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::FAILED);
  EXPECT_THAT(outcome.reason(), HasSubstr("has not offered"));
}

TEST_F(UnfitLeaseTest, APlanThatItDoesNotUnderstandFails) {
  Begin();
  v1::Lease lease = LeaseOf(1, 1);
  lease.mutable_model(0)->mutable_dense()->mutable_activation()->set_value("swish9");
  v1::Outcome outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::FAILED);
  EXPECT_THAT(outcome.reason(), HasSubstr("model[0].dense.activation"));
  lease = LeaseOf(2, 1);
  lease.mutable_training()->clear_optimizer();
  outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::FAILED);
  EXPECT_THAT(outcome.reason(), HasSubstr("optimizer"));
  EXPECT_EQ(OutcomeOf(LeaseOf(3, 0)).kind(), v1::Outcome::FAILED);
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
