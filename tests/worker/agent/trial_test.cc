// How a lease ends that does not simply complete.
#include "worker/agent/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "tests/worker/agent/worker_fixture.h"

namespace hpsearch::agent {
namespace {

using ::testing::HasSubstr;

class TrialTest : public WorkerTest {
 protected:
  v1::Outcome OutcomeOf(const v1::Lease& lease) {
    coordinator_.SendLease(lease);
    v1::Outcome outcome = coordinator_.ExpectOutcome();
    EXPECT_EQ(IdOf(outcome), IdOf(lease));
    return outcome;
  }
};

TEST_F(TrialTest, ALossThatIsNotFiniteIsDivergence) {
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

// The content is the one that the study began with: it fits nowhere.
TEST_F(TrialTest, DataThatDoesNotFitThePlanIsADataFault) {
  Begin();
  coordinator_.ExpectReady();

  v1::Lease lease = LeaseOf(2, 1);
  lease.mutable_dataset()->add_classes()->set_value(1);
  lease.mutable_dataset()->add_classes()->set_value(5);
  v1::Outcome outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::DATA_FAULT);
  EXPECT_THAT(outcome.reason(), HasSubstr("shapes has no class 5"));

  lease = LeaseOf(3, 1);
  lease.mutable_model(0)->mutable_dense()->mutable_units()->set_value(2);
  outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::DATA_FAULT);
  EXPECT_THAT(outcome.reason(), HasSubstr("3 classes"));
}

class TableTest : public TrialTest {
 protected:
  TableTest() {
    std::string text = "x,y,kind\n";
    for (int row = 0; row < 60; ++row) text += std::to_string(row % 7) + ",2.5," + "abc"[row % 3] + "\n";
    data::WriteBytes(folder_ / "table.csv", data::Bytes(text.begin(), text.end()));
  }
  static v1::Lease TableLease(std::int64_t trial) {
    v1::Lease lease = LeaseOf(trial, 1);
    lease.mutable_dataset()->mutable_name()->set_value("table");
    return lease;
  }
  v1::DatasetOffer Offer() {
    const v1::Hello hello = coordinator_.ExpectHello();
    for (const v1::DatasetOffer& offer : hello.datasets()) {
      if (offer.key() == "table") return offer;
    }
    ADD_FAILURE() << "the table is not offered";
    return {};
  }
};

TEST_F(TableTest, IsOfferedByItsColumnsAndTrainedOnAsTheStudyMapsIt) {
  Begin();
  const v1::DatasetOffer offer = Offer();
  EXPECT_TRUE(offer.table());
  EXPECT_EQ(offer.sample_shape(0), 3);
  EXPECT_EQ(offer.classes(), 0);
  EXPECT_EQ(offer.train_rows(), 60);
  v1::Lease lease = TableLease(1);
  lease.set_data_hash(offer.hash());
  lease.mutable_dataset()->add_categorical()->set_text("x");
  lease.mutable_dataset()->mutable_normalize()->set_value("standardize");
  lease.mutable_dataset()->mutable_test_fraction()->set_value(0.2);
  lease.mutable_training()->mutable_validation_from()->set_value("stratified");
  const v1::Outcome outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::COMPLETED) << outcome.reason();
}

// y learnt from x and kind: all of what an epoch has, but for errors.
TEST_F(TableTest, ARegressionReportsItsMetricsAndNoErrors) {
  Begin();
  v1::Lease lease = TableLease(1);
  lease.set_data_hash(Offer().hash());
  lease.mutable_dataset()->mutable_target()->set_text("y");
  lease.mutable_dataset()->add_categorical()->set_text("kind");
  lease.clear_model();
  lease.add_model()->mutable_dense()->mutable_units()->set_value(1);
  lease.mutable_training()->add_metrics("rmse");
  lease.mutable_training()->add_metrics("mae");
  const v1::Outcome outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::COMPLETED) << outcome.reason();
  const std::vector<v1::Epoch> epochs = Reported(Id(1));
  ASSERT_EQ(epochs.size(), 1U);
  EXPECT_TRUE(epochs[0].has_train_loss());
  EXPECT_FALSE(epochs[0].has_train_error());
  EXPECT_FALSE(epochs[0].has_validation_error());
  EXPECT_GT(epochs[0].gradient_norm(), 0);
  EXPECT_GT(epochs[0].weight_norm(), 0);
  EXPECT_GT(epochs[0].samples_per_second(), 0);
  std::vector<std::string> names;
  for (const v1::MetricValue& metric : epochs[0].metrics()) {
    names.push_back(metric.name());
    EXPECT_GT(metric.value(), 0);
  }
  EXPECT_THAT(names, ::testing::ElementsAre("train_mae", "train_rmse", "validation_mae", "validation_rmse"));

  // Texts are no numbers.
  lease.set_trial(2);
  lease.mutable_dataset()->mutable_target()->set_text("kind");
  lease.mutable_dataset()->clear_categorical();
  EXPECT_THAT(OutcomeOf(lease).reason(), HasSubstr("a regression learns numbers, and the targets of table are"));
}

TEST_F(TableTest, AMappingThatDoesNotFitIsADataFaultAndTheTableStaysOffered) {
  Begin();
  v1::Lease lease = TableLease(1);
  lease.set_data_hash(Offer().hash());
  lease.mutable_dataset()->mutable_target()->set_text("sort");
  v1::Outcome outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::DATA_FAULT);
  EXPECT_THAT(outcome.reason(), HasSubstr("dataset.target: unknown column 'sort'; there are: x, y, kind"));
  lease.set_trial(2);
  lease.mutable_dataset()->mutable_target()->set_integer(2);
  outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::COMPLETED) << outcome.reason();
}

// A data set whose content on the disk becomes another while the worker runs.
class ChangingDataTest : public TrialTest {
 protected:
  ChangingDataTest() { data::IdxSet::Counting(60, 12, 3).Write(folder_ / "changing", true); }

  // After the hello. Two others push the set out of memory.
  void Change(const std::function<void()>& change) {
    change();
    other_ = *options_.catalog->Load(folder_ / "shapes");
    another_ = *options_.catalog->Load((folder_ / "shapes") + "/");
  }
  static v1::Lease ChangingLease(std::int64_t trial) {
    v1::Lease lease = LeaseOf(trial, 1);
    lease.mutable_dataset()->mutable_name()->set_value("changing");
    return lease;
  }
  // What the next hello says of it; nullopt: nothing.
  std::optional<v1::DatasetOffer> NextOffer() {
    const v1::Hello hello = coordinator_.ExpectHello();
    held_ = hello.held_size();
    for (const v1::DatasetOffer& offer : hello.datasets()) {
      if (offer.key() == "changing") return offer;
    }
    return std::nullopt;
  }

  int held_ = 0;

 private:
  std::shared_ptr<const data::Dataset> other_, another_;
};

TEST_F(ChangingDataTest, IsGivenBackAndOfferedAnew) {
  Begin();
  const std::string before = NextOffer()->hash();
  Change([this] { data::IdxSet::Counting(61, 12, 3).Write(folder_ / "changing", true); });
  coordinator_.SendLease(ChangingLease(1));
  const std::optional<v1::DatasetOffer> after = NextOffer();
  ASSERT_TRUE(after.has_value());
  EXPECT_EQ(after->train_rows(), 61);
  EXPECT_NE(after->hash(), before);
  EXPECT_EQ(held_, 1);
  v1::Outcome outcome = coordinator_.ExpectOutcome();
  EXPECT_EQ(outcome.kind(), v1::Outcome::RETURNED);
  EXPECT_THAT(outcome.reason(), HasSubstr("changing is not the set that the study trains on"));
  EXPECT_EQ(OutcomeOf(ChangingLease(2)).kind(), v1::Outcome::COMPLETED);

  // A lease that crossed the new hello wants the old content; nothing new is to be offered.
  v1::Lease stale = ChangingLease(3);
  stale.set_data_hash(before);
  EXPECT_EQ(OutcomeOf(stale).kind(), v1::Outcome::RETURNED);
  EXPECT_EQ(OutcomeOf(LeaseOf(4, 1)).kind(), v1::Outcome::COMPLETED);
  EXPECT_TRUE(std::ranges::any_of(coordinator_.OfThisSession(), [](const v1::WorkerMessage& message) {
    return message.outcome().trial() == 2;
  }));
}

TEST_F(ChangingDataTest, DamagedItIsOfferedAsThat) {
  Begin();
  NextOffer();
  Change([this] {
    data::IdxSet damaged = data::IdxSet::Counting(60, 12, 3);
    damaged.test_images.pop_back();
    damaged.Write(folder_ / "changing", true);
  });
  coordinator_.SendLease(ChangingLease(1));
  EXPECT_THAT(NextOffer().value().fault(), HasSubstr("t10k-images-idx3-ubyte.gz: is cut short"));
  EXPECT_EQ(coordinator_.ExpectOutcome().kind(), v1::Outcome::RETURNED);
}

// Other trials go on meanwhile.
TEST_F(ChangingDataTest, GoneItIsNotOffered) {
  options_.slots = 2;
  Begin();
  NextOffer();
  coordinator_.SendLease(LeaseOf(1, kForEver));
  coordinator_.ExpectEpoch(Id(1), 1);
  Change([this] { std::filesystem::remove_all(folder_ / "changing"); });
  coordinator_.SendLease(ChangingLease(2));
  EXPECT_FALSE(NextOffer().has_value());
  EXPECT_EQ(held_, 2);
  const v1::Outcome outcome = coordinator_.ExpectOutcome();
  EXPECT_EQ(IdOf(outcome), Id(2));
  EXPECT_EQ(outcome.kind(), v1::Outcome::RETURNED);
  EXPECT_THAT(outcome.reason(), HasSubstr("no data set 'changing'"));
  coordinator_.ExpectEpoch(Id(1), 2);
}

TEST_F(TrialTest, ReadsNothingThatItHasNotOffered) {
  data::IdxSet::Counting(60, 12, 3).Write(folder_ / "elsewhere/secret", true);
  Begin();
  v1::Lease lease = LeaseOf(1, 1);
  lease.mutable_dataset()->clear_name();
  lease.mutable_dataset()->mutable_path()->set_value(folder_ / "elsewhere/secret");
  const v1::Outcome outcome = OutcomeOf(lease);
  EXPECT_EQ(outcome.kind(), v1::Outcome::FAILED);
  EXPECT_THAT(outcome.reason(), HasSubstr("has not offered"));
}

TEST_F(TrialTest, APlanThatItDoesNotUnderstandFails) {
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

}  // namespace
}  // namespace hpsearch::agent
