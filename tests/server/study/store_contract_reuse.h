// The part of the conformance suite of study::Store (store_contract.h) about what is known of trials already:
// curves of other studies, and points that a strategy chose. Included behind it, in the same file.
#pragma once

#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "tests/server/study/store_contract.h"

namespace hpsearch::study {

TEST_P(StoreContract, TheFirstEpochsOfAnotherStudysTrialAreCopied) {
  OpenedStore store(GetParam());
  store.Begin();
  ASSERT_TRUE(
      store
          .Commit({PutTrial{SampleTrial(1, 1)},
                   AppendEpochs{1, 1, 1, {SampleEpoch(1), SampleEpochWithMetrics(2), SampleEpochWithMetrics(3)}},
                   PutStudy{SampleStudy(2, "two")}, PutRound{SampleRound(2)}, PutTrial{SampleTrial(2, 1)},
                   CopyEpochs{2, 1, 1, 2, 1}})
          .ok());
  const auto copied = store->ReadCurve(2, 1).value();
  ASSERT_EQ(copied.size(), 2U);
  EXPECT_TRUE(Same(copied[0], SampleEpoch(1)));
  EXPECT_TRUE(Same(copied[1], SampleEpochWithMetrics(2)));
  EXPECT_EQ(store->ReadCurve(1, 1).value().size(), 3U);
  EXPECT_TRUE(store->ReadCurve(1, 7).value().empty());
}

TEST_P(StoreContract, EarlierResultsStandAsTheyWerePut) {
  OpenedStore store(GetParam());
  store.Begin();
  const std::vector<EarlierResult> results = {
      {"gone", 7, "1/2 #3 -", 0.1 + 0.2}, {"gone", 9, "", -0.5}, {"another", 1, "0", 5e-324}};
  ASSERT_TRUE(
      store.Commit({PutStudy{SampleStudy(2, "two")}, PutRound{SampleRound(2)}, PutEarlier{2, results}}).ok());
  EXPECT_CODE(store.Commit({PutEarlier{2, results}}), kAlreadyExists);
  ASSERT_TRUE(store.Commit({PutStudy{SampleStudy(2, "two")}}).ok()) << "replaced, and they stay";
  const std::vector<StoredStudy> studies = store->LoadOpenStudies().value();
  ASSERT_EQ(studies.size(), 2U);
  EXPECT_TRUE(studies[0].earlier.empty());
  for (const StoredStudy& stored : {studies[1], store->LoadStudy(2, {}).value()}) {
    ASSERT_EQ(stored.earlier.size(), 3U);
    for (std::size_t i = 0; i < 3; ++i) EXPECT_TRUE(Same(stored.earlier[i], results[i])) << i;
  }
}

TEST_P(StoreContract, TrialsAreFoundByWhatTheyTrained) {
  OpenedStore store(GetParam());
  store.Begin();
  Batch batch = {PutStudy{SampleStudy(2, "two")}, PutRound{SampleRound(2)}};
  const auto put = [&batch](std::int64_t study, std::int64_t number, TrialState state,
                            std::int64_t epochs) -> TrialRecord& {
    TrialRecord trial = SampleTrial(study, number);
    trial.state = state;
    trial.epochs = epochs;
    trial.key = "key";
    batch.emplace_back(PutTrial{trial});
    return std::get<PutTrial>(batch.back()).trial;
  };
  put(1, 1, TrialState::kCompleted, 2);
  put(1, 2, TrialState::kRunning, 9);
  put(1, 3, TrialState::kFailed, 9);
  put(1, 4, TrialState::kDiverged, 3);
  put(1, 5, TrialState::kCompleted, 9).key = "other";
  TrialRecord& taken_over = put(1, 6, TrialState::kCompleted, 9);
  taken_over.reused_from = 1;
  taken_over.attempt = 0;
  put(1, 7, TrialState::kCompleted, 9).reused_elsewhere = {"gone", 3};
  put(2, 1, TrialState::kCompleted, 4);
  put(2, 2, TrialState::kCompleted, 3).reused_from = 1;  // it went on from there, under a lease of its own
  ASSERT_TRUE(store.Commit(std::move(batch)).ok());
  std::vector<std::pair<std::int64_t, std::int64_t>> found;
  const auto trained = store->TrainedAs("key").value();
  for (const TrialRecord& trial : trained) found.emplace_back(trial.study, trial.number);
  EXPECT_EQ(found, (std::vector<std::pair<std::int64_t, std::int64_t>>{{2, 1}, {1, 4}, {2, 2}, {1, 1}}));
  EXPECT_TRUE(store->TrainedAs("nothing").value().empty());
  EXPECT_EQ(store->FindStudyOf(2).value().name, "two");
  StudyRecord begun = SampleStudy(1, "one");
  begun.data_hash = "content";
  begun.numerics_digest = "numerics";
  EXPECT_FALSE(store->HasLike(begun).value());
  StudyRecord like = SampleStudy(2, "two");
  like.data_hash = "content";
  like.numerics_digest = "others";
  ASSERT_TRUE(store.Commit({PutStudy{like}}).ok());
  EXPECT_FALSE(store->HasLike(begun).value());
  like.numerics_digest = "numerics";
  ASSERT_TRUE(store.Commit({PutStudy{like}}).ok());
  EXPECT_TRUE(store->HasLike(begun).value());
  EXPECT_FALSE(store->HasLike(like).value()) << "itself is none";
  // Of several data sets: one of them may be the same.
  like.data_hash = R"({"a":"content","b":"more"})";
  ASSERT_TRUE(store.Commit({PutStudy{like}}).ok());
  EXPECT_TRUE(store->HasLike(begun).value());
  begun.data_hash = R"({"c":"content","d":"more"})";
  EXPECT_TRUE(store->HasLike(begun).value());
  like.data_hash = "";
  ASSERT_TRUE(store.Commit({PutStudy{like}}).ok());
  EXPECT_FALSE(store->HasLike(begun).value()) << "it has not begun";
  EXPECT_CODE(store->FindStudyOf(3).status(), kNotFound);
}

TEST_P(StoreContract, TrialsWhosePointsWereChosenComeWithTheStudy) {
  OpenedStore store(GetParam());
  store.Begin();
  TrialRecord first = SampleTrial(1, 1);
  first.point = "1/2 #3";
  TrialRecord second = SampleTrial(1, 2);
  second.point = "- 7";
  ASSERT_TRUE(store.Commit({PutTrial{second}, PutTrial{first}, PutTrial{SampleTrial(1, 3)}}).ok());
  for (const StoredStudy& stored : {store->LoadStudy(1, {}).value(), store->LoadOpenStudies().value().at(0)}) {
    ASSERT_EQ(stored.chosen.size(), 2U);
    EXPECT_TRUE(Same(stored.chosen[0], first));
    EXPECT_TRUE(Same(stored.chosen[1], second));
  }
}

}  // namespace hpsearch::study
