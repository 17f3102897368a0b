// Following a study over a file and over a server that goes away: every trial that ends is told once, the study's
// end last.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <fstream>
#include <map>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include "client/channel/channel.h"
#include "client/cli/grpc_source.h"
#include "client/cli/reader_source.h"
#include "client/cli/study_client.h"
#include "client/study_file/study_file.h"
#include "server/rpc/server.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::cli {
namespace {

using hpsearch::testing::OpenSqlite;
using hpsearch::testing::TempFolder;
using study::TrialState;
using ::testing::ElementsAre;
using ::testing::Pair;

// What a watch told, in short: final states and epochs by trial, and all events in their order.
struct Told {
  void operator()(const WatchEvent& event) {
    events.push_back(event);
    if (const auto* trial = std::get_if<store::TrialRow>(&event)) states[trial->trial].push_back(trial->state);
    if (const auto* epoch = std::get_if<store::EpochRow>(&event)) ++epochs[epoch->trial];
  }
  std::string LastState() const {
    const auto* study = events.empty() ? nullptr : std::get_if<store::StudyRow>(&events.back());
    return study == nullptr ? "" : study->state;
  }
  std::vector<WatchEvent> events;
  std::map<std::int64_t, std::vector<std::string>> states;
  std::map<std::int64_t, int> epochs;
};

study::Batch Trial(std::int64_t number, TrialState state, std::int64_t first_epoch, std::int64_t last_epoch,
                   std::int64_t study = 1) {
  const bool ended = state == TrialState::kCompleted;
  study::TrialRecord trial = study::SampleTrial(study, number, state, ended ? std::optional(0.5) : std::nullopt);
  trial.epochs = last_epoch;
  if (ended) trial.finished_at = trial.started_at.value_or(0) + 1'000'000;
  study::Batch batch = {study::PutTrial{trial}};
  study::AppendEpochs epochs{study, number, 1, {}};
  for (std::int64_t epoch = first_epoch; epoch <= last_epoch; ++epoch) {
    epochs.epochs.push_back(study::SampleEpoch(epoch));
  }
  if (!epochs.epochs.empty()) batch.emplace_back(epochs);
  return batch;
}

class FileWatch : public ::testing::Test {
 protected:
  FileWatch() : store_(folder_.File("studies.db")) {
    Put(study::StudyState::kRunning);
    Commit({study::PutRound{study::SampleRound(1)}});
  }
  void Put(study::StudyState state) {
    study::StudyRecord study = study::SampleStudy(1, "mlp");
    study.state = state;
    Commit({study::PutStudy{study}});
  }
  void Commit(study::Batch batch) {
    const absl::Status status = store_.Commit(std::move(batch));
    ASSERT_TRUE(status.ok()) << status;
  }
  // Watches to the end; `at_study` is called at each event of the study, with its number from 1.
  Told Watch(const std::function<void(int)>& at_study) {
    auto source = OpenReaderSource(folder_.File("studies.db"));
    EXPECT_TRUE(source.ok()) << source.status();
    Told told;
    int studies = 0;
    const absl::Status status = (*source)->Watch("mlp", {}, [&](const WatchEvent& event) {
      told(event);
      if (std::holds_alternative<store::StudyRow>(event)) at_study(++studies);
    });
    EXPECT_TRUE(status.ok()) << status;
    return told;
  }

  TempFolder folder_;
  OpenSqlite store_;
};

TEST_F(FileWatch, TellsEachEndOnceWhateverIsCommittedBetweenTwoReads) {
  Commit(Trial(1, TrialState::kCompleted, 1, 2));
  Commit(Trial(2, TrialState::kRunning, 1, 1));
  Commit(Trial(3, TrialState::kRunning, 1, 1));
  const Told told = Watch([this](int study) {
    if (study == 1) {  // the study was read, its trials were not
      Commit(Trial(2, TrialState::kCompleted, 2, 3));
      Commit(Trial(3, TrialState::kCompleted, 2, 2));
      for (std::int64_t number = 4; number <= 40; ++number) Commit(Trial(number, TrialState::kCompleted, 1, 1));
    }
    if (study == 2) Put(study::StudyState::kCompleted);
  });
  EXPECT_EQ(told.LastState(), "COMPLETED");
  EXPECT_FALSE(told.states.contains(1));
  EXPECT_EQ(told.states.size(), 39);
  for (const auto& [number, states] : told.states) EXPECT_THAT(states, ElementsAre("COMPLETED")) << number;
  EXPECT_EQ(told.epochs.at(2), 2);  // the first was there before
  EXPECT_EQ(told.epochs.at(3), 1);
  EXPECT_EQ(told.epochs.at(40), 1);
}

TEST_F(FileWatch, TellsThatATrialWaitsAgain) {
  Commit(Trial(1, TrialState::kRunning, 1, 1));
  const Told told = Watch([this](int study) {
    if (study == 1) Commit(Trial(1, TrialState::kRunning, 2, 2));
    if (study == 2) Commit(Trial(1, TrialState::kQueued, 3, 2));
    if (study == 3) Put(study::StudyState::kCompleted);
  });
  EXPECT_EQ(told.LastState(), "COMPLETED");
  EXPECT_THAT(told.states, ElementsAre(Pair(1, ElementsAre("RUNNING", "QUEUED"))));
  EXPECT_THAT(told.epochs, ElementsAre(Pair(1, 1)));
}

constexpr const char* kStudy = R"(
study: mlp
dataset: tiny
model: [{dense: {units: 4, activation: softmax}}]
training: {epochs: 2, optimizer: {sgd: {learning_rate: $rate}}}
parameters: {rate: {values: [0.1, 0.2, 0.3, 0.4]}}
)";

// The study goes on and ends while no server is there; the next one on the same address tells all of it.
TEST(ServerWatch, TellsWhatHappenedWhileTheServerWasAway) {
  TempFolder folder;
  const std::string file = folder.File("studies.db");
  std::ofstream(folder.File("mlp.yaml")) << kStudy;
  const study_file::StudyFile study = study_file::Load(folder.File("mlp.yaml"), {}, {});
  ASSERT_TRUE(study.faults.empty()) << study.faults.front();

  auto server = rpc::Server::Start({.database = file, .listen = "127.0.0.1:0"});
  ASSERT_TRUE(server.ok()) << server.status();
  const Target target{Target::Kind::kServer, (*server)->address()};
  const auto channel = client::OpenChannel(target.name);
  ASSERT_TRUE(channel.ok()) << channel.status();
  ASSERT_TRUE(StudyClient(*channel, target).Create(*study.spec, false).ok());

  std::mutex mutex;
  std::condition_variable came;
  Told told;
  absl::Status status;
  std::thread watch([&] {
    const auto source = OpenGrpcSource(*channel, target);
    status = source->Watch("mlp", {}, [&](const WatchEvent& event) {
      const std::lock_guard lock(mutex);
      told(event);
      came.notify_all();
    });
  });
  {
    std::unique_lock lock(mutex);
    came.wait(lock, [&] { return !told.events.empty(); });
  }
  (*server)->Stop();
  {
    OpenSqlite store(file);
    ASSERT_TRUE(store.status.ok()) << store.status;
    auto record = store->FindStudy("mlp");
    ASSERT_TRUE(record.ok()) << record.status();
    for (std::int64_t number = 1; number <= 4; ++number) {
      EXPECT_TRUE(store.Commit(Trial(number, TrialState::kCompleted, 1, 2, record->id)).ok());
    }
    record->state = study::StudyState::kCompleted;
    record->finished_at = record->created_at + 1;
    EXPECT_TRUE(store.Commit({study::PutStudy{*record}}).ok());
  }
  auto next = rpc::Server::Start({.database = file, .listen = target.name});
  ASSERT_TRUE(next.ok()) << next.status();
  watch.join();
  EXPECT_TRUE(status.ok()) << status;
  EXPECT_EQ(told.LastState(), "COMPLETED");
  EXPECT_EQ(told.states.size(), 4);
  for (const auto& [number, states] : told.states) EXPECT_THAT(states, ElementsAre("COMPLETED")) << number;
  for (std::int64_t number = 1; number <= 4; ++number) EXPECT_EQ(told.epochs[number], 2) << number;
}

}  // namespace
}  // namespace hpsearch::cli
