// The part of the conformance suite of study::Store (store_contract.h) about points that are trained several
// times. Included behind it, in the same file.
#pragma once

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/server/study/store_contract.h"

namespace hpsearch::study {

TEST_P(StoreContract, TheBestPointsComeByTheirMeans) {
  OpenedStore store(GetParam());
  store.Begin();
  const auto trial = [](std::int64_t number, TrialState state, std::optional<double> objective = {}) {
    PutTrial put{SampleTrial(1, number, state, objective)};
    put.trial.replicate = (number - 1) % 2;
    put.trial.reused_from.reset();
    return put;
  };
  PutTrial copies[] = {trial(9, TrialState::kCompleted, 0.01), trial(10, TrialState::kCompleted, 0.01)};
  for (PutTrial& copy : copies) {
    copy.trial.reused_from = 1;
    copy.trial.attempt = 0;
  }
  ASSERT_TRUE(
      store
          .Commit({trial(1, TrialState::kCompleted, 0.5), trial(2, TrialState::kEarlyStopped, 0.25),
                   trial(3, TrialState::kCompleted, 0.125), trial(4, TrialState::kCompleted, 0.125),
                   trial(5, TrialState::kCompleted, 0.0), trial(6, TrialState::kDiverged),
                   trial(7, TrialState::kFailed), trial(8, TrialState::kCompleted, 0.375), copies[0], copies[1],
                   trial(11, TrialState::kCompleted, 0.0), trial(12, TrialState::kRunning, 0.0)})
          .ok());
  StudyRecord study = store->FindStudyOf(1).value();
  const auto best = [&](std::int64_t limit) {
    const RankedPoints points = store->BestPoints(study, 2, limit).value();
    std::vector<std::pair<std::int64_t, double>> result;
    for (const PointResult& point : points.all()) {
      result.emplace_back(point.trial, *point.mean);
    }
    return result;
  };
  using Points = std::vector<std::pair<std::int64_t, double>>;
  EXPECT_EQ(best(10), study.direction == "minimize" ? (Points{{3, 0.125}, {1, 0.375}, {8, 0.375}})
                                                    : (Points{{1, 0.375}, {8, 0.375}, {3, 0.125}}));
  EXPECT_EQ(best(1).size(), 1U);
  // While trials are extended, one that is open counts with what it has.
  study.extended_from = StudyState::kCompleted;
  ASSERT_TRUE(store.Commit({PutStudy{study}}).ok());
  EXPECT_EQ(best(10).size(), 4U);
  study.id = 99;
  EXPECT_TRUE(store->BestPoints(study, 2, 3).value().all().empty());
}

}  // namespace hpsearch::study
