// How a lease ends that does not simply complete.
#include "worker/agent/trial.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

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

TEST_F(TrialTest, DataThatIsNotWhatItShouldBeIsADataFault) {
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
