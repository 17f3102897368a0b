#include "worker/agent/trial_key.h"

#include <gtest/gtest.h>

#include <functional>
#include <set>

#include "tests/worker/agent/worker_fixture.h"

namespace hpsearch::agent {
namespace {

std::string KeyWith(const std::function<void(v1::Lease&)>& change) {
  v1::Lease lease = LeaseOf(1, 5);
  lease.set_data_hash("hash");
  change(lease);
  return KeyOf(lease).value();
}

TEST(TrialKey, IsOfWhatIsTrainedAlone) {
  const std::string key = KeyWith([](v1::Lease&) {});
  EXPECT_EQ(key.size(), 32U);
  EXPECT_EQ(KeyWith([](v1::Lease& lease) {
              SetId({"another-study", 7, 3}, &lease);
              lease.set_epochs(50);
              lease.set_epochs_stored(2);
              lease.mutable_training()->mutable_epochs()->set_value(50);
              lease.mutable_objective()->set_metric("train_loss");
              lease.set_keep_checkpoints(3);
            }),
            key);
}

TEST(TrialKey, DiffersInAllThatDecidesBits) {
  std::set<std::string> keys = {KeyWith([](v1::Lease&) {})};
  const std::vector<std::function<void(v1::Lease&)>> changes = {
      [](v1::Lease& lease) { lease.set_seed(8); },
      [](v1::Lease& lease) { lease.set_replicate(1); },
      [](v1::Lease& lease) { lease.set_data_hash("other"); },
      [](v1::Lease& lease) { lease.mutable_dataset()->add_classes()->set_value(1); },
      [](v1::Lease& lease) { lease.mutable_model(0)->mutable_dense()->mutable_units()->set_value(4); },
      [](v1::Lease& lease) { lease.mutable_training()->mutable_batch_size()->set_value(9); },
      [](v1::Lease& lease) { lease.mutable_training()->mutable_validation_fraction()->set_value(0.3); },
      [](v1::Lease& lease) {
        lease.mutable_training()->mutable_optimizer()->mutable_sgd()->mutable_learning_rate()->set_value(0.5);
      },
      // A schedule that ends with the study makes the study's epochs count.
      [](v1::Lease& lease) { lease.mutable_training()->mutable_schedule()->mutable_cosine(); },
      [](v1::Lease& lease) {
        lease.mutable_training()->mutable_schedule()->mutable_cosine();
        lease.mutable_training()->mutable_epochs()->set_value(6);
      },
  };
  for (const auto& change : changes) keys.insert(KeyWith(change));
  EXPECT_EQ(keys.size(), changes.size() + 1);
  const auto with_an_end = [](std::int64_t epochs) {
    return KeyWith([epochs](v1::Lease& lease) {
      lease.mutable_training()->mutable_schedule()->mutable_cosine()->mutable_epochs()->set_value(20);
      lease.mutable_training()->mutable_epochs()->set_value(epochs);
    });
  };
  EXPECT_EQ(with_an_end(5), with_an_end(6));
}

}  // namespace
}  // namespace hpsearch::agent
