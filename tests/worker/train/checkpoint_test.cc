// A training that stops and goes on gives the bits that never stopping would have given; a checkpoint that is
// damaged in any way is not accepted.
#include "worker/train/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <tuple>
#include <vector>

#include "tests/worker/data/idx_files.h"
#include "tests/worker/train/synthetic.h"
#include "worker/train/trainer.h"

namespace hpsearch::train {
namespace {

using ::testing::HasSubstr;

const std::atomic<bool> kNotCancelled = false;
const std::string kKey(kCheckpointKey, 'a');

std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void WriteFile(const std::string& path, const std::string& bytes) {
  std::ofstream(path, std::ios::binary).write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
}

using Values = std::tuple<double, double, double, double, double>;
Values ValuesOf(const EpochResult& result) {
  return {result.train_loss, result.train_error, result.validation_loss, result.validation_error,
          result.learning_rate};
}

std::unique_ptr<Trainer> TrainerOf(const TrialSetup& setup) {
  UseOneThread();
  auto trainer = Trainer::Create(setup);
  EXPECT_TRUE(trainer.ok()) << trainer.status();
  return *std::move(trainer);
}

// The rest of a training, and the weights at its end.
std::pair<std::vector<Values>, std::string> Finish(Trainer& trainer, std::int64_t epochs) {
  std::vector<Values> values;
  while (trainer.epochs_done() < epochs) values.push_back(ValuesOf(*trainer.NextEpoch(kNotCancelled)));
  return {values, trainer.WeightsDigest()};
}

TrialSetup WithOptimizer(model::Optimizer optimizer) {
  TrialSetup setup = SmallSetup();
  setup.training.optimizer = std::move(optimizer);
  setup.training.schedule = model::ReduceOnPlateau{.factor = 0.5, .patience = 0, .min_delta = 0.05, .cooldown = 1};
  return setup;
}

std::vector<TrialSetup> Setups() {
  std::vector<TrialSetup> setups = {SmallSetup()};
  setups.push_back(WithOptimizer({.learning_rate = 0.01, .rule = model::Adam{}}));
  setups.push_back(
      WithOptimizer({.learning_rate = 0.01, .rule = model::RmsProp{.momentum = 0.9, .centered = true}}));
  setups.push_back(WithOptimizer({.learning_rate = 1.0, .rule = model::Adadelta{}}));
  TrialSetup normalized = SmallSetup();  // running statistics, which no optimizer knows
  normalized.network.layers.insert(
      normalized.network.layers.begin() + 3,
      model::Layer{.name = "norm", .kind = model::BatchNormalizationLayer{}, .src = {24}, .dst = {24}});
  setups.push_back(std::move(normalized));
  return setups;
}

class CheckpointTest : public ::testing::Test {
 protected:
  std::string Path() const { return (folder_ / "trial.last"); }
  data::TemporaryFolder folder_;
};

TEST_F(CheckpointTest, GoesOnBetweenEpochsToTheSameBits) {
  for (const TrialSetup& setup : Setups()) {
    for (const std::int64_t at : {0, 1, 3}) {
      const auto straight = TrainerOf(setup);
      const auto stopped = TrainerOf(setup);
      for (std::int64_t epoch = 0; epoch < at; ++epoch) {
        ASSERT_EQ(ValuesOf(*straight->NextEpoch(kNotCancelled)), ValuesOf(*stopped->NextEpoch(kNotCancelled)));
      }
      ASSERT_TRUE(stopped->Save(Path(), kKey, "a curve").ok());
      const auto checkpoint = Checkpoint::Open(Path(), kKey);
      ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
      EXPECT_EQ(checkpoint->attachment(), "a curve");
      const auto resumed = TrainerOf(setup);
      ASSERT_TRUE(resumed->Restore(*checkpoint).ok());
      EXPECT_EQ(resumed->epochs_done(), at);
      EXPECT_EQ(Finish(*resumed, 6), Finish(*straight, 6));
    }
  }
}

// 205 rows in batches of 32: saved behind each batch but the last, and gone on from each of them.
TEST_F(CheckpointTest, GoesOnWithinAnEpochToTheSameBits) {
  for (const TrialSetup& setup : Setups()) {
    const auto straight = TrainerOf(setup);
    const auto expected = Finish(*straight, 3);
    const auto stopped = TrainerOf(setup);
    int saved = 0;
    stopped->SaveWithinEpochs(std::chrono::seconds(0), [&] {
      ASSERT_TRUE(stopped->Save(folder_ / ("at" + std::to_string(saved++)), kKey, "").ok());
    });
    EXPECT_EQ(Finish(*stopped, 3), expected);
    ASSERT_EQ(saved, 3 * 6);
    for (int at = 0; at < saved; ++at) {
      const auto resumed = TrainerOf(setup);
      const auto checkpoint = Checkpoint::Open(folder_ / ("at" + std::to_string(at)), kKey);
      ASSERT_TRUE(checkpoint.ok()) << checkpoint.status();
      EXPECT_EQ(checkpoint->progress().epochs_done, at / 6);
      EXPECT_EQ(checkpoint->progress().rows_done, 32 * (at % 6 + 1));
      ASSERT_TRUE(resumed->Restore(*checkpoint).ok());
      const auto rest = Finish(*resumed, 3);
      EXPECT_EQ(rest.second, expected.second);
      EXPECT_EQ(rest.first, std::vector(expected.first.begin() + at / 6, expected.first.end()));
    }
  }
}

TEST_F(CheckpointTest, ACancelledEpochIsSavedWhereItStood) {
  const auto trainer = TrainerOf(SmallSetup());
  std::atomic<bool> cancelled = false;
  int calls = 0;
  trainer->SaveWithinEpochs(std::chrono::seconds(0), [&] {
    ASSERT_TRUE(trainer->Save(Path(), kKey, "").ok());
    if (++calls == 3) cancelled = true;
  });
  EXPECT_TRUE(absl::IsCancelled(trainer->NextEpoch(cancelled).status()));
  EXPECT_EQ(calls, 4);
  const auto resumed = TrainerOf(SmallSetup());
  ASSERT_TRUE(resumed->Restore(*Checkpoint::Open(Path(), kKey)).ok());
  const auto straight = TrainerOf(SmallSetup());
  EXPECT_EQ(Finish(*resumed, 4), Finish(*straight, 4));
}

TEST_F(CheckpointTest, ThePreviousOneIsKept) {
  const auto trainer = TrainerOf(SmallSetup());
  ASSERT_TRUE(trainer->Save(Path(), kKey, "first").ok());
  ASSERT_TRUE(trainer->Save(Path(), kKey, "second").ok());
  EXPECT_EQ(*ReadAttachment(Path()), "second");
  EXPECT_EQ(*ReadAttachment(Path() + ".previous"), "first");
  // And nothing else lies about.
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_.path()), {}), 2);
}

TEST_F(CheckpointTest, WhatIsDamagedIsNotAccepted) {
  const auto trainer = TrainerOf(SmallSetup());
  ASSERT_TRUE(trainer->NextEpoch(kNotCancelled).ok());
  ASSERT_TRUE(trainer->Save(Path(), kKey, "some attachment").ok());
  const std::string whole = ReadFile(Path());
  std::mt19937_64 random(5);
  for (int i = 0; i < 500; ++i) {
    std::string bytes = whole;
    switch (i % 4) {
      case 0:  // one bit
        bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
        break;
      case 1:
        bytes.resize(random() % bytes.size());
        break;
      case 2: {  // two places swapped
        const std::size_t a = random() % (bytes.size() - 64), b = random() % (bytes.size() - 64);
        if (bytes.compare(a, 64, bytes, b, 64) == 0) continue;
        std::swap_ranges(bytes.begin() + static_cast<std::ptrdiff_t>(std::min(a, b)),
                         bytes.begin() + static_cast<std::ptrdiff_t>(std::min(a, b) + 64),
                         bytes.begin() + static_cast<std::ptrdiff_t>(std::max(a, b)));
        if (bytes == whole) continue;
        break;
      }
      default:  // a number in front
        bytes[12 + random() % 170] = static_cast<char>(random());
        if (bytes == whole) continue;
        break;
    }
    WriteFile(Path(), bytes);
    const auto opened = Checkpoint::Open(Path(), kKey);
    EXPECT_FALSE(opened.ok()) << "case " << i;
  }
}

TEST_F(CheckpointTest, AnotherTrainingsIsNotAccepted) {
  const auto trainer = TrainerOf(SmallSetup());
  ASSERT_TRUE(trainer->Save(Path(), kKey, "").ok());
  const auto other_key = Checkpoint::Open(Path(), std::string(kCheckpointKey, 'b'));
  EXPECT_TRUE(absl::IsFailedPrecondition(other_key.status()));
  EXPECT_THAT(std::string(other_key.status().message()), HasSubstr("another training"));
  // Under the right key, but of other sizes, or with a state that this optimizer has not.
  TrialSetup wide = SmallSetup();
  std::get<model::DenseLayer>(wide.network.layers[2].kind).units = 25;
  wide.network.layers[2].dst = wide.network.layers[3].src = wide.network.layers[3].dst =
      wide.network.layers[4].src = {25};
  for (const TrialSetup& setup : {wide, WithOptimizer({.learning_rate = 0.01, .rule = model::Adam{}})}) {
    const auto differs = TrainerOf(setup);
    const std::string before = differs->WeightsDigest();
    EXPECT_TRUE(absl::IsDataLoss(differs->Restore(*Checkpoint::Open(Path(), kKey))));
    EXPECT_EQ(differs->WeightsDigest(), before);
    EXPECT_TRUE(differs->NextEpoch(kNotCancelled).ok());
  }
  EXPECT_TRUE(absl::IsNotFound(Checkpoint::Open(Path() + "x", kKey).status()));
}

TEST_F(CheckpointTest, WhereNothingCanBeWrittenItSaysSo) {
  const auto trainer = TrainerOf(SmallSetup());
  const absl::Status status = trainer->Save(folder_ / "no/such/folder", kKey, "");
  EXPECT_FALSE(status.ok());
  EXPECT_THAT(std::string(status.message()), HasSubstr("no/such/folder"));
  EXPECT_TRUE(trainer->NextEpoch(kNotCancelled).ok());
}

}  // namespace
}  // namespace hpsearch::train
