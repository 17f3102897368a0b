// The conformance suite of study::Store (server/study/store.h): what the coordinator relies on, run over every
// implementation. A test program includes this in one file and instantiates StoreContract with its stores.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <ostream>
#include <string>
#include <utility>
#include <vector>

#include "server/study/store.h"
#include "tests/server/study/opened_store.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::study {

class StoreContract : public ::testing::TestWithParam<StoreMaker> {};
GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(StoreContract);

#define EXPECT_CODE(expression, expected) EXPECT_EQ((expression).code(), absl::StatusCode::expected)

TEST_P(StoreContract, AnEmptyStoreKnowsNothing) {
  OpenedStore store(GetParam());
  EXPECT_TRUE(store->LoadOpenStudies().value().empty());
  EXPECT_TRUE(store->LoadWorkers().value().empty());
  EXPECT_TRUE(store->BestTrials(1, true, 5).value().empty());
  EXPECT_EQ(store->LastStudyId().value(), 0);
  EXPECT_CODE(store->FindStudy("mlp").status(), kNotFound);
  EXPECT_CODE(store->FindRequest("r1").status(), kNotFound);
  EXPECT_CODE(store->FindTrial(1, 1).status(), kNotFound);
}

TEST_P(StoreContract, AStudyIsReplacedById) {
  OpenedStore store(GetParam());
  store.Begin();
  StudyRecord study = SampleStudy(1, "mlp");
  EXPECT_TRUE(Same(store->FindStudy("mlp").value(), study));
  study.state = StudyState::kFailed;
  study.reason = "no trial stands";
  study.best_trial = 3;
  study.finished_at = 99;
  study.stopping = true;
  ASSERT_TRUE(store.Commit({PutStudy{study}}).ok());
  EXPECT_TRUE(Same(store->FindStudy("mlp").value(), study));
}

TEST_P(StoreContract, TwoStudiesNeverShareAName) {
  OpenedStore store(GetParam());
  store.Begin(1, "mlp");
  EXPECT_CODE(store.Commit({PutStudy{SampleStudy(2, "mlp")}}), kAlreadyExists);
  ASSERT_TRUE(store.Commit({PutStudy{SampleStudy(2, "cnn")}}).ok());
  EXPECT_EQ(store->FindStudy("mlp").value().id, 1);
  EXPECT_EQ(store->FindStudy("cnn").value().id, 2);
  EXPECT_EQ(store->LastStudyId().value(), 2);
}

TEST_P(StoreContract, ATrialIsReplacedByTheSameOrALaterAttemptAlone) {
  OpenedStore store(GetParam());
  store.Begin();
  TrialRecord trial = SampleTrial(1, 4);
  trial.attempt = 2;
  ASSERT_TRUE(store.Commit({PutTrial{trial}}).ok());
  TrialRecord stale = trial;
  stale.attempt = 1;
  stale.state = TrialState::kCompleted;
  EXPECT_CODE(store.Commit({PutTrial{stale}}), kFailedPrecondition);
  EXPECT_TRUE(Same(store->FindTrial(1, 4).value(), trial));

  trial.state = TrialState::kCompleted;
  trial.objective = 0.1 + 0.2;
  trial.best_epoch = 3;
  ASSERT_TRUE(store.Commit({PutTrial{trial}}).ok());
  EXPECT_TRUE(Same(store->FindTrial(1, 4).value(), trial));
  trial.attempt = 3;
  trial.reused_from = 1;
  ASSERT_TRUE(store.Commit({PutTrial{trial}}).ok());
  EXPECT_TRUE(Same(store->FindTrial(1, 4).value(), trial));
}

TEST_P(StoreContract, OnlyTheAttemptThatHasTheTrialAppends) {
  OpenedStore store(GetParam());
  store.Begin();
  TrialRecord trial = SampleTrial(1, 1);
  trial.attempt = 2;
  ASSERT_TRUE(store.Commit({PutTrial{trial}}).ok());
  for (const std::int64_t other : {0, 1, 3}) {
    EXPECT_CODE(store.Commit({AppendEpochs{1, 1, other, {SampleEpoch(1)}}}), kFailedPrecondition);
  }
  EXPECT_CODE(store.Commit({AppendEpochs{1, 9, 1, {SampleEpoch(1)}}}), kFailedPrecondition);
  EXPECT_TRUE(store.Epochs(1).empty());
  ASSERT_TRUE(store.Commit({AppendEpochs{1, 1, 2, {SampleEpoch(1), SampleEpoch(2)}}}).ok());
  EXPECT_EQ(store.Epochs(1).size(), 2u);
  // In one batch with the lease itself.
  trial.attempt = 3;
  ASSERT_TRUE(store.Commit({PutTrial{trial}, AppendEpochs{1, 1, 3, {SampleEpoch(3)}}}).ok());
  EXPECT_EQ(store.Epochs(1).size(), 3u);
}

TEST_P(StoreContract, AnEpochReportedAgainMustHaveTheSameBits) {
  OpenedStore store(GetParam());
  store.Begin();
  EpochRecord first = SampleEpoch(1);
  first.train_loss = std::numeric_limits<double>::quiet_NaN();
  first.train_error = -0.0;
  ASSERT_TRUE(store.Commit({PutTrial{SampleTrial(1, 1)}, AppendEpochs{1, 1, 1, {first}}}).ok());

  EpochRecord again = first;
  again.seconds = 77;
  again.reported_at = 88;
  ASSERT_TRUE(store.Commit({AppendEpochs{1, 1, 1, {again, SampleEpoch(2)}}}).ok());
  ASSERT_EQ(store.Epochs(1).size(), 2u);
  EXPECT_TRUE(Same(store.Epochs(1)[0], first)) << "what was there is left as it was";

  for (double EpochRecord::*metric : {&EpochRecord::train_error, &EpochRecord::validation_loss,
                                      &EpochRecord::validation_error, &EpochRecord::learning_rate}) {
    EpochRecord other = first;
    other.*metric = std::nextafter(other.*metric, 2.0);
    EXPECT_CODE(store.Commit({AppendEpochs{1, 1, 1, {SampleEpoch(3), other}}}), kAborted);
  }
  EpochRecord finite = first;
  finite.train_loss = 0.5;
  EXPECT_CODE(store.Commit({AppendEpochs{1, 1, 1, {finite}}}), kAborted);
  EXPECT_EQ(store.Epochs(1).size(), 2u) << "nothing of a refused batch stays";
}

TEST_P(StoreContract, MetricsStandWithTheirEpochs) {
  OpenedStore store(GetParam());
  store.Begin();
  const EpochRecord first = SampleEpochWithMetrics(1), second = SampleEpoch(2), third = SampleEpochWithMetrics(3);
  ASSERT_TRUE(store.Commit({PutTrial{SampleTrial(1, 1)}, AppendEpochs{1, 1, 1, {first, second}}}).ok());
  ASSERT_TRUE(store.Commit({AppendEpochs{1, 1, 1, {first, second, third}}}).ok());
  ASSERT_EQ(store.Epochs(1).size(), 3u);
  EXPECT_TRUE(Same(store.Epochs(1)[0], first));
  EXPECT_TRUE(Same(store.Epochs(1)[1], second));
  EXPECT_TRUE(Same(store.Epochs(1)[2], third));
  EpochRecord rate = first;
  rate.samples_per_second = 1;
  EXPECT_TRUE(store.Commit({AppendEpochs{1, 1, 1, {rate}}}).ok()) << "how fast it was is no result";
  EpochRecord norm = first;
  norm.weight_norm = std::nextafter(norm.weight_norm, 99.0);
  EXPECT_CODE(store.Commit({AppendEpochs{1, 1, 1, {norm}}}), kAborted);
  for (std::size_t i = 0; i < first.metrics.size(); ++i) {
    EpochRecord other = first;
    other.metrics[i].value = 7;
    EXPECT_CODE(store.Commit({AppendEpochs{1, 1, 1, {other}}}), kAborted) << i;
  }
  EXPECT_CODE(store.Commit({AppendEpochs{1, 1, 1, {SampleEpoch(1)}}}), kAborted) << "without any";

  ASSERT_TRUE(store.Commit({PutTrial{SampleTrial(1, 2)}, CopyEpochs{1, 1, 2, 3}}).ok());
  ASSERT_EQ(store.Epochs(2).size(), 3u);
  EXPECT_TRUE(Same(store.Epochs(2)[0], first));
  EXPECT_TRUE(Same(store.Epochs(2)[2], third));
}

TEST_P(StoreContract, EpochsAreCopiedToTheTrialThatTakesThemOver) {
  OpenedStore store(GetParam());
  store.Begin();
  ASSERT_TRUE(store
                  .Commit({PutTrial{SampleTrial(1, 1)}, AppendEpochs{1, 1, 1, {SampleEpoch(1), SampleEpoch(2)}},
                           PutTrial{SampleTrial(1, 2)}, AppendEpochs{1, 2, 1, {SampleEpoch(1)}}})
                  .ok());
  ASSERT_TRUE(store.Commit({PutTrial{SampleTrial(1, 3)}, CopyEpochs{1, 1, 3, 2}}).ok());
  ASSERT_EQ(store.Epochs(3).size(), 2u);
  EXPECT_TRUE(Same(store.Epochs(3)[0], SampleEpoch(1)));
  EXPECT_TRUE(Same(store.Epochs(3)[1], SampleEpoch(2)));
  EXPECT_EQ(store.Epochs(1).size(), 2u);
}

TEST_P(StoreContract, ABatchIsAllOrNothing) {
  OpenedStore store(GetParam());
  store.Begin();
  EXPECT_FALSE(store
                   .Commit({PutStudy{SampleStudy(2, "cnn")}, PutTrial{SampleTrial(1, 1)}, PutRequest{"r1", "one"},
                            PutWorker{{.name = "w1"}}, AppendEpochs{1, 5, 1, {SampleEpoch(1)}}})
                   .ok());
  EXPECT_CODE(store->FindStudy("cnn").status(), kNotFound);
  EXPECT_CODE(store->FindTrial(1, 1).status(), kNotFound);
  EXPECT_CODE(store->FindRequest("r1").status(), kNotFound);
  EXPECT_TRUE(store->LoadWorkers().value().empty());
}

TEST_P(StoreContract, ARequestKeepsItsFirstAnswer) {
  OpenedStore store(GetParam());
  ASSERT_TRUE(store.Commit({PutRequest{"r1", "studies/mlp"}}).ok());
  EXPECT_EQ(store->FindRequest("r1").value(), "studies/mlp");
  EXPECT_CODE(store.Commit({PutRequest{"r1", "studies/cnn"}}), kAlreadyExists);
  EXPECT_EQ(store->FindRequest("r1").value(), "studies/mlp");
}

TEST_P(StoreContract, WorkersAreReplacedByName) {
  OpenedStore store(GetParam());
  const WorkerRecord one{"one", "i1", 2, "digest", "fashion-mnist, mnist", true, 5};
  const WorkerRecord two{"two", "i2", 4, "", "", false, 6};
  ASSERT_TRUE(store.Commit({PutWorker{two}, PutWorker{{"one", "i0"}}}).ok());
  ASSERT_TRUE(store.Commit({PutWorker{one}}).ok());
  const std::vector<WorkerRecord> workers = store->LoadWorkers().value();
  ASSERT_EQ(workers.size(), 2u);
  EXPECT_TRUE(Same(workers[0], one));
  EXPECT_TRUE(Same(workers[1], two));
}

TEST_P(StoreContract, WorkersAreForgottenByName) {
  OpenedStore store(GetParam());
  ASSERT_TRUE(store.Commit({PutWorker{{"one", "i1"}}, PutWorker{{"two", "i2"}}}).ok());
  ASSERT_TRUE(store.Commit({ForgetWorker{"one"}, ForgetWorker{"none"}}).ok());
  ASSERT_EQ(store->LoadWorkers().value().size(), 1u);
  EXPECT_EQ(store->LoadWorkers().value()[0].name, "two");
  EXPECT_FALSE(store.Commit({ForgetWorker{"two"}, AppendEpochs{1, 5, 1, {SampleEpoch(1)}}}).ok());
  EXPECT_EQ(store->LoadWorkers().value().size(), 1u) << "of a batch that was refused nothing stays";
}

TEST_P(StoreContract, LoadsWhatHasNotEnded) {
  OpenedStore store(GetParam());
  store.Begin(1, "done");
  store.Begin(2, "paused");
  store.Begin(3, "running");
  StudyRecord done = SampleStudy(1, "done");
  done.state = StudyState::kCompleted;
  StudyRecord paused = SampleStudy(2, "paused");
  paused.state = StudyState::kPaused;
  Batch batch = {PutStudy{done}, PutStudy{paused}};
  const std::vector<TrialState> states = {TrialState::kCompleted, TrialState::kRunning, TrialState::kDiverged,
                                          TrialState::kQueued,    TrialState::kFailed,  TrialState::kPaused,
                                          TrialState::kCancelled, TrialState::kRunning, TrialState::kEarlyStopped};
  for (std::size_t i = 0; i < states.size(); ++i) {
    batch.push_back(PutTrial{SampleTrial(3, static_cast<std::int64_t>(i) + 1, states[i])});
  }
  batch.push_back(AppendEpochs{3, 2, 1, {SampleEpoch(1), SampleEpoch(2)}});
  batch.push_back(AppendEpochs{3, 1, 1, {SampleEpoch(1)}});
  ASSERT_TRUE(store.Commit(std::move(batch)).ok());

  const std::vector<StoredStudy> open = store->LoadOpenStudies().value();
  ASSERT_EQ(open.size(), 2u);
  EXPECT_EQ(open[0].study.name, "paused");
  EXPECT_TRUE(open[0].open.empty());
  EXPECT_TRUE(open[0].counts.empty());
  const StoredStudy& running = open[1];
  EXPECT_EQ(running.study.name, "running");
  ASSERT_EQ(running.open.size(), 4u);
  std::vector<std::int64_t> numbers;
  for (const StoredStudy::Open& one : running.open) numbers.push_back(one.trial.number);
  EXPECT_EQ(numbers, (std::vector<std::int64_t>{2, 4, 6, 8}));
  EXPECT_EQ(running.open[0].epochs.size(), 2u);
  EXPECT_TRUE(running.open[1].epochs.empty());
  const std::vector<std::pair<TrialState, std::int64_t>> counts = {
      {TrialState::kQueued, 1},    {TrialState::kRunning, 2},      {TrialState::kPaused, 1},
      {TrialState::kCompleted, 1}, {TrialState::kEarlyStopped, 1}, {TrialState::kDiverged, 1},
      {TrialState::kFailed, 1},    {TrialState::kCancelled, 1}};
  EXPECT_EQ(running.counts, counts);

  // A trial's row is counted where it is now.
  ASSERT_TRUE(store.Commit({PutTrial{SampleTrial(3, 2, TrialState::kFailed)}}).ok());
  const auto after = store->LoadOpenStudies().value().at(1).counts;
  EXPECT_EQ(after.at(1), (std::pair<TrialState, std::int64_t>(TrialState::kRunning, 1)));
  EXPECT_EQ(after.at(6), (std::pair<TrialState, std::int64_t>(TrialState::kFailed, 2)));
}

TEST_P(StoreContract, TheBestTrialsComeBestFirstWithTiesToTheLowerNumber) {
  OpenedStore store(GetParam());
  store.Begin();
  TrialRecord reused = SampleTrial(1, 7, TrialState::kCompleted, 0.05);
  reused.reused_from = 3;
  reused.attempt = 0;
  TrialRecord gone_on = SampleTrial(1, 9, TrialState::kCompleted, 0.0625);  // from there, under a lease of its own
  gone_on.reused_from = 3;
  ASSERT_TRUE(store
                  .Commit({PutTrial{SampleTrial(1, 5, TrialState::kCompleted, 0.25)},
                           PutTrial{SampleTrial(1, 2, TrialState::kEarlyStopped, 0.25)},
                           PutTrial{SampleTrial(1, 3, TrialState::kCompleted, 0.125)},
                           PutTrial{SampleTrial(1, 4, TrialState::kCompleted, 0.5)}, PutTrial{reused},
                           PutTrial{gone_on}, PutTrial{SampleTrial(1, 1, TrialState::kRunning, 0.01)},
                           PutTrial{SampleTrial(1, 8, TrialState::kCancelled, 0.01)},
                           PutTrial{SampleTrial(1, 6, TrialState::kDiverged)}})
                  .ok());
  const auto numbers = [&](bool minimize, std::int64_t limit) {
    const std::vector<TrialRecord> best = store->BestTrials(1, minimize, limit).value();
    std::vector<std::int64_t> result;
    result.reserve(best.size());
    for (const TrialRecord& trial : best) result.push_back(trial.number);
    return result;
  };
  EXPECT_EQ(numbers(true, 10), (std::vector<std::int64_t>{9, 3, 2, 5, 4}));
  EXPECT_EQ(numbers(false, 10), (std::vector<std::int64_t>{4, 2, 5, 3, 9}));
  EXPECT_EQ(numbers(true, 2), (std::vector<std::int64_t>{9, 3}));
  EXPECT_TRUE(store->BestTrials(2, true, 2).value().empty());
}

TEST_P(StoreContract, AnswersComeOnTheStrandInTheOrderOfTheCommits) {
  OpenedStore store(GetParam());
  constexpr int kBatches = 50;
  std::vector<int> answered;
  for (int i = 0; i < kBatches; ++i) {
    store->Commit({PutRequest{"r" + std::to_string(i), ""}}, [&answered, i](const absl::Status& status) {
      EXPECT_TRUE(status.ok()) << status;
      answered.push_back(i);
    });
  }
  EXPECT_TRUE(answered.empty()) << "an answer on the stack of its question";
  ASSERT_TRUE(store.strand.RunUntil([&] { return answered.size() == kBatches; }));
  for (int i = 0; i < kBatches; ++i) EXPECT_EQ(answered[i], i);
}

TEST_P(StoreContract, AFailureTakesAllWithItThatWasHandedOverBeforeItWasTold) {
  OpenedStore store(GetParam());
  ASSERT_TRUE(store.Commit({PutRequest{"taken", ""}}).ok());
  std::vector<std::pair<std::string, absl::StatusCode>> answers;
  const auto commit = [&](const std::string& id) {
    store->Commit({PutRequest{id, ""}},
                  [&answers, id](const absl::Status& status) { answers.emplace_back(id, status.code()); });
  };
  // Decided upon the failure: these are of a memory that was read again.
  store->Commit({PutRequest{"before", ""}},
                [&](const absl::Status& status) { answers.emplace_back("before", status.code()); });
  store->Commit({PutRequest{"taken", ""}}, [&](const absl::Status& status) {
    answers.emplace_back("taken", status.code());
    commit("after");
  });
  commit("behind-1");
  commit("behind-2");
  ASSERT_TRUE(store.strand.RunUntil([&] { return answers.size() == 5; }));
  const std::vector<std::pair<std::string, absl::StatusCode>> expected = {
      {"before", absl::StatusCode::kOk},
      {"taken", absl::StatusCode::kAlreadyExists},
      {"behind-1", absl::StatusCode::kUnavailable},
      {"behind-2", absl::StatusCode::kUnavailable},
      {"after", absl::StatusCode::kOk}};
  EXPECT_EQ(answers, expected);
  EXPECT_TRUE(store->FindRequest("before").ok());
  EXPECT_CODE(store->FindRequest("behind-1").status(), kNotFound);
  EXPECT_CODE(store->FindRequest("behind-2").status(), kNotFound);
  EXPECT_TRUE(store->FindRequest("after").ok());
}

TEST_P(StoreContract, RecordsComeBackToTheBit) {
  OpenedStore store(GetParam());
  std::int64_t id = 0;
  EXPECT_TRUE(rc::check("any records", [&] {
    ++id;
    const StudyRecord study = AnyStudy(id);
    const int rounds = *rc::gen::inRange(1, 4);
    const std::int64_t trials = *rc::gen::inRange<std::int64_t>(0, 5);
    Batch batch = {PutStudy{study}};
    StoredStudy expected{.study = study};
    for (int number = 1; number <= rounds; ++number) {
      expected.rounds.push_back(AnyRound(id, number));
      batch.push_back(PutRound{expected.rounds.back()});
    }
    for (std::int64_t number = 1; number <= trials; ++number) {
      StoredStudy::Open open{AnyTrial(id, number, rounds), {}};
      const std::int64_t epochs = *rc::gen::inRange<std::int64_t>(0, 4);
      for (std::int64_t epoch = 1; epoch <= epochs; ++epoch) open.epochs.push_back(AnyEpoch(epoch));
      batch.push_back(PutTrial{open.trial});
      batch.push_back(AppendEpochs{id, number, open.trial.attempt, open.epochs});
      expected.open.push_back(std::move(open));
    }
    const absl::Status committed = store.Commit(std::move(batch));
    RC_ASSERT(committed.ok());

    const StoredStudy stored = store->LoadOpenStudies().value().back();
    RC_ASSERT(Same(stored.study, expected.study));
    RC_ASSERT(Same(store->FindStudy(study.name).value(), study));
    RC_ASSERT(stored.rounds.size() == expected.rounds.size());
    for (std::size_t i = 0; i < stored.rounds.size(); ++i) RC_ASSERT(Same(stored.rounds[i], expected.rounds[i]));
    RC_ASSERT(stored.open.size() == expected.open.size());
    for (std::size_t i = 0; i < stored.open.size(); ++i) {
      RC_ASSERT(Same(stored.open[i].trial, expected.open[i].trial));
      RC_ASSERT(stored.open[i].epochs.size() == expected.open[i].epochs.size());
      for (std::size_t e = 0; e < stored.open[i].epochs.size(); ++e) {
        RC_ASSERT(Same(stored.open[i].epochs[e], expected.open[i].epochs[e]));
      }
    }
    // It has ended, so that the next one need not read it.
    StudyRecord ended = study;
    ended.state = StudyState::kCancelled;
    RC_ASSERT(store.Commit({PutStudy{ended}}).ok());
  }));
}

}  // namespace hpsearch::study
