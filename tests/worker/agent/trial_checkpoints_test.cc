// A trial that its worker loses goes on from its checkpoint, here seen from outside: what comes from a checkpoint
// bears the seconds that it took when it was trained, which no second training would come to.
#include "worker/agent/trial_checkpoints.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <set>
#include <string>
#include <vector>

#include "tests/worker/agent/worker_fixture.h"
#include "worker/agent/checkpoint_folder.h"
#include "worker/agent/trial_key.h"

namespace hpsearch::agent {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

class TrialCheckpointsTest : public WorkerTest {
 protected:
  TrialCheckpointsTest() { options_.checkpoints = folder_ / "checkpoints"; }

  static v1::Lease KeptLease(std::int64_t trial, std::int64_t epochs, std::int64_t attempt = 1) {
    v1::Lease lease = LeaseOf(trial, epochs, attempt);
    lease.mutable_objective()->set_metric("validation_loss");
    lease.set_keep_checkpoints(2);
    lease.set_spec_digest("0123");
    return lease;
  }
  // The curve that the lease comes to, from epoch 1.
  std::vector<v1::Epoch> Train(const v1::Lease& lease) {
    coordinator_.SendLease(lease);
    EXPECT_EQ(coordinator_.ExpectOutcome().kind(), v1::Outcome::COMPLETED);
    return Reported(IdOf(lease));
  }
  // A new process of the same name.
  void Restart() {
    worker_->Stop();
    thread_.join();
    Begin();
    coordinator_.ExpectHello();
  }
  static std::vector<std::string> WithoutSeconds(std::vector<v1::Epoch> epochs) {
    for (v1::Epoch& epoch : epochs) {
      epoch.clear_seconds();
      epoch.clear_samples_per_second();
    }
    return Texts(std::move(epochs));
  }
  std::vector<fs::path> Files(const std::string& extension) const {
    std::vector<fs::path> files;
    const fs::path folder = fs::path(options_.checkpoints) / "shapes-mlp-0123";
    if (!fs::exists(folder)) return files;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      if (entry.path().string().ends_with(extension)) files.push_back(entry.path());
    }
    return files;
  }
  static void Damage(const fs::path& file) {
    data::Bytes bytes = data::ReadBytes(file.string());
    bytes[bytes.size() / 2] ^= 1;
    data::WriteBytes(file.string(), bytes);
  }
};

TEST_F(TrialCheckpointsTest, AFinishedTrialGoesOnToMoreEpochs) {
  Begin();
  coordinator_.ExpectHello();
  const std::vector<v1::Epoch> straight = Train(KeptLease(2, 40));
  Restart();
  const std::vector<v1::Epoch> extended = Train(KeptLease(2, 60, 2));
  ASSERT_EQ(extended.size(), 60U);
  EXPECT_EQ(Texts({extended.begin(), extended.begin() + 40}), Texts(straight));
  options_.checkpoints.clear();
  Restart();
  EXPECT_EQ(WithoutSeconds(Train(KeptLease(2, 60, 3))), WithoutSeconds(extended));
}

TEST_F(TrialCheckpointsTest, ATrialGoesOnWhereAnotherOneOfTheSameContentEnded) {
  Begin();
  coordinator_.ExpectHello();
  const std::vector<v1::Epoch> first = Train(KeptLease(2, 40));
  v1::Lease lease = KeptLease(2, 60);
  SetId({"shapes-mlp", 9, 1}, &lease);
  const std::vector<v1::Epoch> longer = Train(lease);
  ASSERT_EQ(longer.size(), 60U);
  EXPECT_EQ(Texts({longer.begin(), longer.begin() + 40}), Texts(first));
  // Both have their weights, and the longer one those of its objective's epoch.
  EXPECT_EQ(Files(".last").size(), 2U);
  EXPECT_EQ(Files(".best").size(), 2U);
}

TEST_F(TrialCheckpointsTest, AStudyOfMoreEpochsGoesOnWhereAnotherOneEnded) {
  Begin();
  coordinator_.ExpectHello();
  const std::vector<v1::Epoch> first = Train(KeptLease(2, 40));
  const auto lease_of = [](const std::string& study, std::int64_t epochs) {
    v1::Lease lease = KeptLease(2, epochs);
    SetId({study, 1, 1}, &lease);
    lease.set_spec_digest("4567");
    return lease;
  };
  // It takes its first forty epochs' time, which says that they were not trained again.
  v1::Lease longer = lease_of("longer", 60);
  longer.set_shorter_study("shapes-mlp");
  const std::vector<v1::Epoch> taken = Train(longer);
  ASSERT_EQ(taken.size(), 60U);
  EXPECT_EQ(Texts({taken.begin(), taken.begin() + 40}), Texts(first));
  // Unless it is told where to look, a study does not.
  const std::vector<v1::Epoch> anew = Train(lease_of("anew", 60));
  EXPECT_NE(Texts({anew.begin(), anew.begin() + 40}), Texts(first));
  EXPECT_EQ(WithoutSeconds(anew), WithoutSeconds(taken));
  v1::Lease other = lease_of("other", 60);
  other.set_shorter_study("shapes");
  const std::vector<v1::Epoch> of_none = Train(other);
  EXPECT_NE(Texts({of_none.begin(), of_none.begin() + 40}), Texts(first)) << "the study's whole name is meant";
}

// The weights that are kept as the first one's best are those of another epoch than this one asks for.
TEST_F(TrialCheckpointsTest, AnotherStudysBestIsNotKeptWhereItsObjectiveIsAnother) {
  Begin();
  coordinator_.ExpectHello();
  Train(KeptLease(2, 40));
  v1::Lease lease = KeptLease(2, 60);
  SetId({"worst", 1, 1}, &lease);
  lease.set_shorter_study("shapes-mlp");
  lease.mutable_objective()->set_direction("maximize");
  const std::vector<v1::Epoch> curve = Train(lease);
  const auto worst = std::ranges::max_element(curve, {}, &v1::Epoch::validation_loss);
  ASSERT_LT(worst->epoch(), 40) << "whose weights nobody has any more";
  for (const fs::directory_entry& entry : fs::directory_iterator(fs::path(options_.checkpoints) / "worst-0123")) {
    EXPECT_NE(entry.path().extension(), ".best");
  }
}

TEST_F(TrialCheckpointsTest, AnotherProcessGoesOnWhereTheFirstOneStopped) {
  Begin();
  coordinator_.ExpectHello();
  coordinator_.SendLease(KeptLease(3, kForEver));
  coordinator_.ExpectEpoch(Id(3), 5);
  const std::vector<v1::Epoch> before = Reported(Id(3));
  Restart();
  coordinator_.SendLease(KeptLease(3, kForEver, 2));
  coordinator_.ExpectEpoch(Id(3, 2), 5);
  const std::vector<v1::Epoch> after = Reported(Id(3, 2));
  EXPECT_EQ(Texts({after.begin(), after.begin() + 5}), Texts({before.begin(), before.begin() + 5}));
}

TEST_F(TrialCheckpointsTest, WhatIsDamagedIsPassedOver) {
  Begin();
  coordinator_.ExpectHello();
  const std::vector<v1::Epoch> first = Train(KeptLease(1, 20));
  const std::vector<fs::path> last = Files(".last");
  ASSERT_EQ(last.size(), 1U);
  // The one before is sound: nothing of it is trained again.
  fs::copy_file(last[0], last[0].string() + ".previous");
  Damage(last[0]);
  Restart();
  std::vector<v1::Epoch> again = Train(KeptLease(1, 30, 2));
  EXPECT_EQ(Texts({again.begin(), again.begin() + 20}), Texts(first));
  // Neither is: from the beginning, to the same bits.
  fs::copy_file(last[0], last[0].string() + ".previous");
  Damage(last[0]);
  Damage(last[0].string() + ".previous");
  Restart();
  again = Train(KeptLease(1, 20, 3));
  EXPECT_NE(Texts(again), Texts(first));
  EXPECT_EQ(WithoutSeconds(again), WithoutSeconds(first));
}

TEST_F(TrialCheckpointsTest, TheBestTrialsKeepTheirs) {
  Begin();
  coordinator_.ExpectHello();
  std::vector<std::pair<double, std::string>> ranking;
  for (int trial = 1; trial <= 4; ++trial) {
    v1::Lease lease = KeptLease(trial, 3);
    double best = 1e9;
    for (const v1::Epoch& epoch : Train(lease)) best = std::min(best, epoch.validation_loss());
    lease.set_data_hash(coordinator_.OfferedHash("shapes"));
    ranking.emplace_back(best, std::to_string(trial) + "-" + *KeyOf(lease) + ".last");
  }
  std::ranges::sort(ranking);
  const std::vector<fs::path> files = Files(".last");
  std::vector<std::string> kept;
  for (const fs::path& file : files) kept.push_back(file.filename().string());
  EXPECT_THAT(kept, UnorderedElementsAre(ranking[0].second, ranking[1].second));
  EXPECT_EQ(Files(".best").size(), 2U);
  EXPECT_TRUE(Files(".previous").empty());
}

// Paused at a rung, they are none of those that have ended, however many those are.
TEST_F(TrialCheckpointsTest, TrialsThatMayGoOnKeepTheirsUntilTheyHaveEnded) {
  Begin();
  coordinator_.ExpectHello();
  std::vector<std::vector<v1::Epoch>> paused;
  for (int trial = 1; trial <= 4; ++trial) {
    v1::Lease lease = KeptLease(trial, 3);
    lease.set_keep_checkpoints(0);
    lease.set_may_go_on(true);
    paused.push_back(Train(lease));
  }
  EXPECT_EQ(Files(".last").size(), 4U);
  v1::Lease lease = KeptLease(2, 9, 2);
  lease.set_keep_checkpoints(0);
  const std::vector<v1::Epoch> whole = Train(lease);
  ASSERT_EQ(whole.size(), 9U);
  EXPECT_EQ(Texts({whole.begin(), whole.begin() + 3}), Texts(paused[1])) << "from its checkpoint";
  EXPECT_EQ(Files(".last").size(), 3U) << "the one that has ended is not among the best none";
}

// What rules have stopped, and what never went on, does not fill the disk: the newest stay.
TEST_F(TrialCheckpointsTest, OfManyUnfinishedOnesTheNewestStay) {
  Begin();
  coordinator_.ExpectHello();
  v1::Lease lease = KeptLease(1, 3);
  lease.set_may_go_on(true);
  Train(lease);
  const fs::path one = Files(".last").at(0);
  const auto written = fs::last_write_time(one);
  for (int i = 2; i <= 131; ++i) {
    const fs::path other = one.parent_path() / (std::to_string(i) + "-0123.last");
    fs::copy_file(one, other);
    fs::last_write_time(other, written - std::chrono::seconds(i));
  }
  EXPECT_TRUE(CheckpointFolder(options_.checkpoints).KeepBest(lease).ok());
  EXPECT_EQ(Files(".last").size(), 128U);
  EXPECT_TRUE(fs::exists(one));
  EXPECT_TRUE(fs::exists(one.parent_path() / "128-0123.last"));
  EXPECT_FALSE(fs::exists(one.parent_path() / "129-0123.last"));
}

// Another slot extends a trial between the look at its file and its removal.
TEST_F(TrialCheckpointsTest, WhatIsWrittenMeanwhileStays) {
  Begin();
  coordinator_.ExpectHello();
  v1::Lease lease = KeptLease(1, 3);
  Train(lease);
  lease.set_keep_checkpoints(0);
  const CheckpointFolder folder(options_.checkpoints);
  const auto surplus = folder.SurplusOf(lease);
  ASSERT_TRUE(surplus.ok() && surplus->size() == 1) << surplus.status();
  Train(KeptLease(1, 4, 2));
  EXPECT_TRUE(CheckpointFolder::Remove(surplus->front()).ok());
  EXPECT_EQ(Files(".last").size(), 1U);
  // What has stayed as it was seen goes.
  EXPECT_TRUE(folder.KeepBest(lease).ok());
  EXPECT_TRUE(Files("").empty());
}

TEST_F(TrialCheckpointsTest, WithNoneToKeepNoneStay) {
  Begin();
  coordinator_.ExpectHello();
  v1::Lease lease = KeptLease(1, 3);
  lease.set_keep_checkpoints(0);
  Train(lease);
  EXPECT_TRUE(Files("").empty());
}

TEST_F(TrialCheckpointsTest, AFolderThatCannotBeWrittenKeepsNoTrialFromItsEnd) {
  data::WriteBytes(options_.checkpoints.string(), {1});  // a file where the folder is to be
  Begin();
  coordinator_.ExpectHello();
  EXPECT_EQ(Train(KeptLease(1, 3)).size(), 3U);
}

}  // namespace
}  // namespace hpsearch::agent
