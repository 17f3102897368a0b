// What check says of a warm start is what the coordinator takes, of the same database.
#include "client/cli/earlier_studies.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/study/earlier_results.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"
#include "tests/server/study/spec_documents.h"

namespace hpsearch::cli {
namespace {

using study::TrialRecord;
using study::TrialState;

std::shared_ptr<const study::StudySpec> SpecOf(const std::string& name, const std::string& search,
                                               const std::string& training = "") {
  return study::Read(study::Document(
      R"({"study":")" + name + R"(","dataset":"d","model":[{"dropout":"$a"},{"dense":{"units":2,)" +
      R"("activation":"softmax"}}],"training":{"epochs":1,"optimizer":"sgd")" + training +
      R"(},"parameters":{"a":{"range":{"low":0,"high":0.5}}},"search":)" + search + "}"));
}

// Ten studies share the 1,000 results.
constexpr char kWarm[] =
    R"({"tpe":{"trials":9},"warm_start":{"studies":["first","b","c","d","e","f","g","h","i","j"]}})";
constexpr std::int64_t kMost = 100;

class EarlierStudiesTest : public ::testing::Test {
 protected:
  TrialRecord& Add(TrialState state, double objective, std::int64_t replicate = 0) {
    TrialRecord trial = study::SampleTrial(1, std::ssize(trials_) + 1, state, objective);
    trial.parameters = R"({"a":0.25})";
    trial.replicate = replicate;
    trials_.push_back(trial);
    return trials_.back();
  }
  void AddCopy(std::int64_t of, std::int64_t replicate = 0) {
    TrialRecord& copy =
        Add(TrialState::kCompleted, *trials_.at(static_cast<std::size_t>(of - 1)).objective, replicate);
    copy.reused_from = of;
    copy.attempt = 0;
  }
  // Of a study that has ended with those trials, by its specification.
  void ExpectAsTheCoordinator(const study::StudySpec& first, std::int64_t results) {
    testing::OpenSqlite store(file_);
    study::StudyRecord record = study::SampleStudy(1, "first");
    record.spec = first.canonical;
    record.state = study::StudyState::kCompleted;
    study::RoundRecord round = study::SampleRound(1);
    record.planned_trials = round.trials = std::ssize(trials_);
    study::Batch batch = {study::PutStudy{record}, study::PutRound{round}};
    for (const TrialRecord& trial : trials_) batch.push_back(study::PutTrial{trial});
    ASSERT_TRUE(store.Commit(std::move(batch)).ok());
    const std::vector<EarlierCount> counts =
        CountEarlier(*SpecOf("second", kWarm), {.database = file_, .server = ""});
    ASSERT_EQ(counts.size(), 10U);
    EXPECT_EQ(counts[0].study, "first");
    EXPECT_EQ(counts[0].results, results) << counts[0].reason;
    EXPECT_EQ(counts[1].results, std::nullopt);
    EXPECT_NE(counts[1].reason, "");
    const auto one = SpecOf("second", R"({"tpe":{"trials":9},"warm_start":{"study":"first"}})");
    const auto taken = study::ReadEarlierResults(*one, *store.operator->());
    ASSERT_TRUE(taken.ok()) << taken.status();
    EXPECT_EQ(CountEarlier(*one, {.database = file_, .server = ""}).at(0).results, std::ssize(*taken));
  }

  const testing::TempFolder folder_;
  const std::string file_ = folder_.File("studies.db");
  std::vector<TrialRecord> trials_;
};

TEST_F(EarlierStudiesTest, WhatWasTakenOverWithinTheStudyIsNoResult) {
  Add(TrialState::kCompleted, 0.5);
  Add(TrialState::kEarlyStopped, 0.25);
  for (int i = 0; i < 9; ++i) AddCopy(1 + i % 2);
  TrialRecord& longer = Add(TrialState::kCompleted, 0.125);  // went on from the first, under a lease of its own
  longer.reused_from = 1;
  TrialRecord& elsewhere = Add(TrialState::kCompleted, 0.375);  // is another study's
  elsewhere.attempt = 0;
  elsewhere.reused_elsewhere = {"other", 3};
  Add(TrialState::kCancelled, 0.0625);
  Add(TrialState::kFailed, 0.0625).objective.reset();
  Add(TrialState::kDiverged, 0.0625).objective.reset();
  ExpectAsTheCoordinator(*SpecOf("first", R"({"random":{"trials":3}})"), 4);
}

TEST_F(EarlierStudiesTest, HoweverManyCopiesStandInFrontOfTheRest) {
  Add(TrialState::kCompleted, 0.25);
  for (int i = 0; i < 500; ++i) AddCopy(1);
  for (int i = 0; i < 149; ++i) Add(TrialState::kCompleted, 0.5 + i);
  ExpectAsTheCoordinator(*SpecOf("first", R"({"random":{"trials":3}})"), kMost);
}

TEST_F(EarlierStudiesTest, OfSeveralReplicatesItIsPoints) {
  const auto point = [this](std::vector<TrialState> states) {
    for (std::size_t i = 0; i < states.size(); ++i) Add(states[i], 0.25, static_cast<std::int64_t>(i));
  };
  point({TrialState::kCompleted, TrialState::kCompleted});
  point({TrialState::kCompleted, TrialState::kFailed});
  point({TrialState::kCompleted, TrialState::kDiverged});  // no mean
  point({TrialState::kFailed, TrialState::kFailed});
  for (TrialRecord& trial : trials_) {
    if (trial.state != TrialState::kCompleted) trial.objective.reset();
  }
  AddCopy(1, 0);
  AddCopy(2, 1);
  ExpectAsTheCoordinator(*SpecOf("first", R"({"random":{"trials":3}})", R"(,"replicates":2)"), 2);
}

}  // namespace
}  // namespace hpsearch::cli
