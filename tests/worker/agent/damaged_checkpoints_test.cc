// Five hundred trials, each over a checkpoint that is damaged in another way: none is gone on from, and every one
// of them ends in the bits of a trial that had none. What is gone on from is seen by its seconds, which a
// checkpoint keeps and no second training would come to.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/worker/agent/worker_fixture.h"
#include "worker/agent/checkpoint_folder.h"
#include "worker/agent/offers.h"
#include "worker/agent/trial.h"
#include "worker/agent/trial_key.h"

namespace hpsearch::agent {
namespace {

constexpr int kDamages = 500;
constexpr std::int64_t kEpochs = 3, kMore = 5;

class DamagedCheckpointsTest : public ::testing::Test {
 protected:
  DamagedCheckpointsTest() {
    data::IdxSet::Counting(60, 12, 3).Write(folder_ / "shapes", true);
    const auto catalog = std::make_shared<data::Catalog>(std::vector<std::string>{folder_.path()});
    offers_ = std::make_unique<Offers>(catalog, Offers::Others::kNone);
    offers_->Read({"shapes"}, [] { return false; });
  }

  // Of a network with all that a checkpoint holds: dropout's place in its stream, a momentum, a running mean.
  v1::Lease Lease(std::int64_t trial, std::int64_t epochs) const {
    v1::Lease lease = LeaseOf(trial, epochs);
    lease.clear_model();
    v1::Dense* hidden = lease.add_model()->mutable_dense();
    hidden->mutable_units()->set_value(4);
    lease.add_model()->mutable_batch_normalization();
    lease.add_model()->mutable_dropout()->mutable_rate()->set_value(0.2);
    *lease.add_model() = LeaseOf(trial, epochs).model(0);
    lease.mutable_training()->mutable_optimizer()->mutable_sgd()->mutable_momentum()->set_value(0.9);
    lease.mutable_objective()->set_metric("validation_loss");
    lease.set_keep_checkpoints(2);
    lease.set_spec_digest("0123");
    lease.set_data_hash(offers_->Current().at(0).hash());
    return lease;
  }
  std::vector<v1::Epoch> Train(const v1::Lease& lease, const std::filesystem::path& checkpoints) const {
    const CheckpointFolder folder(checkpoints);
    const TrialTrainer trainer(*offers_, folder, [] {});
    std::vector<v1::Epoch> curve;
    const std::atomic<bool> cancelled = false;
    const TrialEnd end =
        trainer.Train(lease, cancelled, [&](v1::Epoch epoch) { curve.push_back(std::move(epoch)); });
    EXPECT_EQ(end.kind, v1::Outcome::COMPLETED) << end.reason;
    return curve;
  }
  std::string PathOf(const v1::Lease& lease) const {
    return CheckpointFolder(Checkpoints()).PathsOf(lease, *KeyOf(lease)).last;
  }
  std::filesystem::path Checkpoints() const { return folder_ / "checkpoints"; }

  // Of the epochs that the checkpoint is behind. One alone may come out the same again, to the nanosecond.
  static std::vector<double> Seconds(const std::vector<v1::Epoch>& curve) {
    std::vector<double> seconds;
    for (std::int64_t i = 0; i < kEpochs; ++i) seconds.push_back(curve.at(static_cast<std::size_t>(i)).seconds());
    return seconds;
  }
  static std::vector<std::string> Bits(std::vector<v1::Epoch> epochs) {
    std::vector<std::string> bits;
    for (v1::Epoch& epoch : epochs) {
      epoch.clear_seconds();
      epoch.clear_samples_per_second();
      bits.push_back(epoch.SerializeAsString());
    }
    return bits;
  }

  // Flipped, cut short, grown, with a piece of another's, or another's altogether; never as it was.
  data::Bytes Damaged(const data::Bytes& whole, const data::Bytes& other) {
    data::Bytes bytes = whole;
    switch (random_() % 5) {
      case 0:
        bytes[random_() % bytes.size()] ^= static_cast<data::Bytes::value_type>(1U << random_() % 8);
        break;
      case 1:
        bytes.resize(random_() % bytes.size());
        break;
      case 2:
        bytes.insert(bytes.end(), 1 + random_() % 64, 0);
        break;
      case 3: {
        const std::size_t from = random_() % bytes.size();
        for (std::size_t i = from; i < std::min({bytes.size(), other.size(), from + 256}); ++i)
          bytes[i] = other[i];
        break;
      }
      default:
        bytes = other;
        break;
    }
    return bytes == whole ? other : bytes;
  }

  data::TemporaryFolder folder_;
  std::unique_ptr<Offers> offers_;
  std::mt19937_64 random_{11};
};

TEST_F(DamagedCheckpointsTest, CostNoBitOfTheirTrials) {
  const std::vector<v1::Epoch> straight = Train(Lease(1, kMore), "");
  const std::vector<v1::Epoch> stored = Train(Lease(1, kEpochs), Checkpoints());
  Train(Lease(2, kEpochs), Checkpoints());
  const v1::Lease longer = Lease(1, kMore);
  const std::string last = PathOf(longer), previous = last + ".previous";
  const data::Bytes whole = data::ReadBytes(last), other = data::ReadBytes(PathOf(Lease(2, kEpochs)));

  // The whole one is what would be gone on from.
  const std::vector<v1::Epoch> resumed = Train(longer, Checkpoints());
  ASSERT_EQ(Seconds(resumed), Seconds(stored));
  ASSERT_EQ(Bits(resumed), Bits(straight));

  for (int damage = 0; damage < kDamages; ++damage) {
    std::filesystem::remove(last);  // never in place: it may have a second name
    std::filesystem::remove(previous);
    data::WriteBytes(last, Damaged(whole, other));
    if (random_() % 2 == 0) data::WriteBytes(previous, Damaged(whole, other));
    const std::vector<v1::Epoch> again = Train(longer, Checkpoints());
    ASSERT_NE(Seconds(again), Seconds(stored)) << "accepted: damage " << damage;
    ASSERT_EQ(Bits(again), Bits(straight)) << "damage " << damage;
  }
}

}  // namespace
}  // namespace hpsearch::agent
