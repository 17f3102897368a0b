// The part of the conformance suite of study::Store (store_contract.h) about rounds. Included behind it, in the
// same file.
#pragma once

#include <gtest/gtest.h>

#include <vector>

#include "tests/server/study/store_contract.h"

namespace hpsearch::study {

TEST_P(StoreContract, ARoundOpensOnce) {
  OpenedStore store(GetParam());
  store.Begin();
  RoundRecord second = SampleRound(1, 2);
  second.centres = {7, 3};
  second.boxes = R"([{"trial":7,"axes":{}},{"trial":3,"axes":{}}])";
  second.epochs = 6;
  second.by_hand = true;
  second.num = 9;
  ASSERT_TRUE(store.Commit({PutRound{second}}).ok());
  EXPECT_CODE(store.Commit({PutRound{SampleRound(1, 2)}}), kAlreadyExists);
  const std::vector<RoundRecord> rounds = store->LoadOpenStudies().value().at(0).rounds;
  ASSERT_EQ(rounds.size(), 2u);
  EXPECT_TRUE(Same(rounds[0], SampleRound(1, 1)));
  EXPECT_TRUE(Same(rounds[1], second));
}

TEST_P(StoreContract, WhatFailedInTheLastRoundIsCounted) {
  OpenedStore store(GetParam());
  store.Begin();
  const RoundRecord second = SampleRound(1, 2);
  ASSERT_TRUE(store
                  .Commit({PutRound{second}, PutTrial{SampleTrial(1, 1, TrialState::kFailed)},
                           PutTrial{SampleTrial(1, second.first_trial, TrialState::kFailed)},
                           PutTrial{SampleTrial(1, second.first_trial + 1, TrialState::kCompleted)},
                           PutTrial{SampleTrial(1, second.first_trial + 2, TrialState::kFailed)}})
                  .ok());
  EXPECT_EQ(store->LoadStudy(1, {}).value().failed_of_round, 2);
  EXPECT_EQ(store->LoadOpenStudies().value().at(0).failed_of_round, 2);
}

TEST_P(StoreContract, ARoundThatWasStoppedIsCut) {
  OpenedStore store(GetParam());
  store.Begin();
  ASSERT_TRUE(store.Commit({CutRound{1, 1, 5}, PutRound{SampleRound(1, 2)}}).ok());
  RoundRecord cut = SampleRound(1);
  cut.trials = 5;
  const std::vector<RoundRecord> rounds = store->LoadOpenStudies().value().at(0).rounds;
  ASSERT_EQ(rounds.size(), 2u);
  EXPECT_TRUE(Same(rounds[0], cut));
  EXPECT_TRUE(Same(rounds[1], SampleRound(1, 2)));
  EXPECT_CODE(store.Commit({CutRound{1, 2, 3}, CutRound{1, 3, 5}}), kNotFound);
  EXPECT_TRUE(Same(store->LoadOpenStudies().value().at(0).rounds[1], SampleRound(1, 2)));
}

}  // namespace hpsearch::study
