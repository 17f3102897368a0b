// A database as a coordinator leaves it, with something of everything: an ended study of two rounds, with trials
// that diverged, failed and were taken over, and metrics beside its curves; a running one with open trials; a
// worker, a request. Sound by every rule of hpsearch doctor.
#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <string>
#include <utility>

#include "tests/server/store/open_sqlite.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::testing {

inline constexpr std::int64_t kSampleEpochs = 10;

// A trial of so many epochs, with the objective that SampleEpoch's curve has.
inline study::TrialRecord SampleTrialOf(std::int64_t study, std::int64_t number, study::TrialState state,
                                        std::int64_t epochs) {
  study::TrialRecord trial = study::SampleTrial(study, number, state);
  trial.parameters = R"({"rate":)" + std::to_string(number) + R"(,"width":8})";
  trial.epochs = epochs;
  trial.epochs_planned = kSampleEpochs;
  trial.seconds = 1.5 * static_cast<double>(epochs);
  const bool scored = state != study::TrialState::kDiverged && state != study::TrialState::kFailed && epochs > 0;
  if (scored) {
    trial.objective = study::SampleEpoch(epochs).validation_error;
    trial.best_epoch = epochs;
  }
  if (study::IsFinal(state)) trial.finished_at = *trial.started_at + 60'000'000;
  return trial;
}

inline void AddTrial(study::Batch& batch, study::TrialRecord trial, bool metrics) {
  study::AppendEpochs append{trial.study, trial.number, trial.attempt, {}};
  for (std::int64_t epoch = 1; epoch <= trial.epochs; ++epoch) {
    append.epochs.push_back(metrics ? study::SampleEpochWithMetrics(epoch) : study::SampleEpoch(epoch));
  }
  batch.push_back(study::PutTrial{std::move(trial)});
  batch.push_back(std::move(append));
}

inline study::Batch EndedStudy(std::int64_t trials) {
  using study::TrialState;
  study::StudyRecord study = study::SampleStudy(1, "ended");
  study.spec = R"({"study":"ended","training":{"metrics":["mae","r2"]},"objective":{"at":"best"}})";
  study.state = study::StudyState::kCompleted;
  study.planned_trials = study.max_trials = trials + 2;
  study.next_trial = trials + 3;
  study.best_trial = 1;
  study.started_at = study.created_at;
  study.finished_at = study.created_at + 100'000'000;
  study::RoundRecord first = study::SampleRound(1), second = study::SampleRound(1, 2);
  first.trials = trials;
  second.first_trial = trials + 1;
  second.trials = 2;
  second.centres = {1};
  study::Batch batch = {study::PutStudy{study}, study::PutRound{first}, study::PutRound{second}};
  for (std::int64_t number = 1; number <= trials; ++number) {
    const TrialState state = number == 5   ? TrialState::kDiverged
                             : number == 6 ? TrialState::kFailed
                                           : TrialState::kCompleted;
    AddTrial(batch, SampleTrialOf(1, number, state, number == 5 ? 3 : number == 6 ? 0 : kSampleEpochs), true);
  }
  study::TrialRecord known = SampleTrialOf(1, trials + 1, TrialState::kCompleted, kSampleEpochs);
  known.round = 2;
  known.reused_from = 2;
  known.attempt = 0;
  known.worker.clear();
  batch.push_back(study::PutTrial{known});
  batch.push_back(study::CopyEpochs{1, 2, trials + 1, kSampleEpochs});
  study::TrialRecord last = SampleTrialOf(1, trials + 2, TrialState::kCompleted, kSampleEpochs);
  last.round = 2;
  AddTrial(batch, last, true);
  return batch;
}

inline study::Batch RunningStudy() {
  using study::TrialState;
  study::StudyRecord study = study::SampleStudy(2, "running");
  study.next_trial = 8;
  study.best_trial = 1;
  study.started_at = study.created_at;
  study::Batch batch = {study::PutStudy{study}, study::PutRound{study::SampleRound(2)}};
  for (std::int64_t number = 1; number <= 4; ++number) {
    AddTrial(batch, SampleTrialOf(2, number, TrialState::kCompleted, kSampleEpochs), false);
  }
  AddTrial(batch, SampleTrialOf(2, 5, TrialState::kRunning, 4), false);
  AddTrial(batch, SampleTrialOf(2, 6, TrialState::kRunning, 0), false);
  AddTrial(batch, SampleTrialOf(2, 7, TrialState::kQueued, 2), false);
  return batch;
}

// `trials` of the ended study's first round: 6 or more.
inline void WriteSample(OpenSqlite& store, std::int64_t trials) {
  ASSERT_TRUE(store.status.ok()) << store.status;
  ASSERT_TRUE(store.Commit(EndedStudy(trials)).ok());
  study::Batch rest = RunningStudy();
  rest.push_back(study::PutWorker{{.name = "w1", .instance = "a", .datasets = "fashion-mnist", .seen_at = 7}});
  rest.push_back(study::PutRequest{"request-1", "{}"});
  ASSERT_TRUE(store.Commit(std::move(rest)).ok());
}

}  // namespace hpsearch::testing
