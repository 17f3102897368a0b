#include "server/rpc/row_codec.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/time_util.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>

namespace hpsearch::rpc {
namespace {

using google::protobuf::util::TimeUtil;
using ::testing::HasSubstr;

store::StudyRow StudyOf() {
  store::StudyRow row;
  row.study = "s";
  row.state = "RUNNING";
  row.spec = R"({"study":"s"})";
  row.created_at = "2025-11-24T16:00:00.123456Z";
  row.trial_counts = {{"QUEUED", 3}, {"EARLY_STOPPED", 1}};
  return row;
}

store::TrialRow TrialOf() {
  store::TrialRow row;
  row.study = "s";
  row.trial = 7;
  row.state = "DIVERGED";
  row.parameters = "{}";
  return row;
}

TEST(RowCodec, AStudysRowBecomesItsMessage) {
  v1::Study study;
  ASSERT_TRUE(ToMessage(StudyOf(), Detail::kWhole, &study).ok());
  EXPECT_EQ(study.name(), "studies/s");
  EXPECT_EQ(study.state(), v1::STUDY_STATE_RUNNING);
  EXPECT_EQ(study.spec().study(), "s");
  ASSERT_EQ(study.trial_counts_size(), 2);
  EXPECT_EQ(study.trial_counts(0).state(), v1::TRIAL_STATE_QUEUED);
  EXPECT_EQ(study.trial_counts(1).state(), v1::TRIAL_STATE_EARLY_STOPPED);
  EXPECT_EQ(study.trial_counts(1).trials(), 1);
  EXPECT_EQ(TimeUtil::TimestampToMicroseconds(study.created_at()), 1'764'000'000'123'456);
  EXPECT_FALSE(study.has_started_at());
  EXPECT_EQ(study.begun_with_size(), 0);
}

TEST(RowCodec, WhatAStudyBeganWithComesWithItsSpec) {
  store::StudyRow row = StudyOf();
  row.learnt = {{"first", 24}, {"other", 3}};
  v1::Study whole, brief;
  ASSERT_TRUE(ToMessage(row, Detail::kWhole, &whole).ok());
  ASSERT_EQ(whole.begun_with_size(), 2);
  EXPECT_EQ(whole.begun_with(0).study(), "first");
  EXPECT_EQ(whole.begun_with(0).results(), 24);
  EXPECT_EQ(whole.begun_with(1).study(), "other");
  ASSERT_TRUE(ToMessage(row, Detail::kWithoutSpec, &brief).ok());
  EXPECT_EQ(brief.begun_with_size(), 0);
}

TEST(RowCodec, TheBestPointIsThatOfTheBestTrial) {
  store::StudyRow row = StudyOf();
  row.best_trial = 4;
  row.best_point = {.results = 3, .mean = 0.5, .standard_error = 0.25, .rival = {{.trial = 7, .mean = 0.625}}};
  v1::Study study;
  ASSERT_TRUE(ToMessage(row, Detail::kWithoutSpec, &study).ok());
  EXPECT_EQ(study.best_point().results(), 3);
  EXPECT_EQ(study.best_point().mean(), 0.5);
  EXPECT_FALSE(study.best_point().has_standard_deviation());
  EXPECT_EQ(study.best_point().standard_error(), 0.25);
  EXPECT_EQ(study.best_point().indistinguishable_from(), 7);
  EXPECT_EQ(study.best_point().rival_mean(), 0.625);

  study::StudyRecord record;
  record.best_trial = 4;
  Overlay(record, &study);
  EXPECT_TRUE(study.has_best_point());
  record.best_trial = 1;  // as it was when the request was answered first
  Overlay(record, &study);
  EXPECT_EQ(study.best_trial(), 1);
  EXPECT_FALSE(study.has_best_point());
}

TEST(RowCodec, ATrialsRowBecomesItsMessage) {
  store::TrialRow row = TrialOf();
  row.reused_from = "s/3";
  v1::Trial trial;
  ASSERT_TRUE(ToMessage(row, &trial).ok());
  EXPECT_EQ(trial.name(), "studies/s/trials/7");
  EXPECT_EQ(trial.state(), v1::TRIAL_STATE_DIVERGED);
  EXPECT_EQ(trial.reused_from(), "studies/s/trials/3");
  EXPECT_FALSE(trial.has_objective());
}

TEST(RowCodec, ARoundsRowBecomesItsMessage) {
  store::RoundRow row;
  row.round = 2;
  row.trials = 25;
  row.reused = 9;
  row.opened_at = "2025-11-24T16:00:00.123456Z";
  row.boxes = R"([{"trial":3}])";
  v1::Round round;
  ASSERT_TRUE(ToMessage(row, &round).ok());
  EXPECT_EQ(round.reused(), 9);
  EXPECT_EQ(round.boxes_json(), row.boxes);
  EXPECT_EQ(TimeUtil::TimestampToMicroseconds(round.opened_at()), 1'764'000'000'123'456);
  EXPECT_FALSE(round.has_epochs());
  EXPECT_FALSE(round.has_num());
  EXPECT_EQ(round.best_trial(), 0);
  EXPECT_FALSE(round.has_best_objective());
  row.opened_at = "yesterday";
  EXPECT_TRUE(absl::IsInternal(ToMessage(row, &round)));
}

TEST(RowCodec, WhatAnEpochDoesNotHaveIsUnset) {
  store::EpochRow row;
  row.epoch = 2;
  row.train_loss = 0.5;
  row.weight_norm = 3;
  row.metrics = {{"train_mae", 0.25}, {"validation_mae", std::nullopt}};
  row.reported_at = "2025-11-24T16:00:01Z";
  v1::Epoch epoch;
  ASSERT_TRUE(ToMessage(row, &epoch).ok());
  EXPECT_EQ(epoch.train_loss(), 0.5);
  EXPECT_FALSE(epoch.has_train_error());
  EXPECT_EQ(epoch.weight_norm(), 3);
  EXPECT_FALSE(epoch.has_gradient_norm());
  EXPECT_FALSE(epoch.has_samples_per_second());
  ASSERT_EQ(epoch.metrics_size(), 2);
  EXPECT_EQ(epoch.metrics(0).name(), "train_mae");
  EXPECT_EQ(epoch.metrics(0).value(), 0.25);
  EXPECT_FALSE(epoch.metrics(1).has_value());
}

// What no writer of ours puts into a row is no fault of the client's.
TEST(RowCodec, RowsThatNobodyWroteAreInternalErrors) {
  const auto study = [](const std::function<void(store::StudyRow&)>& spoil) {
    store::StudyRow row = StudyOf();
    spoil(row);
    v1::Study message;
    return ToMessage(row, Detail::kWhole, &message);
  };
  const auto trial = [](const std::function<void(store::TrialRow&)>& spoil) {
    store::TrialRow row = TrialOf();
    spoil(row);
    v1::Trial message;
    return ToMessage(row, &message);
  };
  store::EpochRow epoch;
  epoch.reported_at = "yesterday";
  v1::Epoch message;
  for (const absl::Status& status :
       {study([](store::StudyRow& row) { row.state = "DONE"; }),
        study([](store::StudyRow& row) { row.created_at = "yesterday"; }),
        study([](store::StudyRow& row) { row.finished_at = "yesterday"; }),
        study([](store::StudyRow& row) { row.spec = "{"; }),
        study([](store::StudyRow& row) { row.spec = R"({"no_such_key":1})"; }),
        study([](store::StudyRow& row) { row.trial_counts.emplace_back("DONE", 1); }),
        trial([](store::TrialRow& row) { row.state = "DONE"; }),
        trial([](store::TrialRow& row) { row.started_at = "yesterday"; }),
        trial([](store::TrialRow& row) { row.reused_from = "3"; }), ToMessage(epoch, &message)}) {
    EXPECT_EQ(status.code(), absl::StatusCode::kInternal) << status;
  }
  EXPECT_THAT(std::string(trial([](store::TrialRow& row) { row.state = "DONE"; }).message()), HasSubstr("'DONE'"));
}

}  // namespace
}  // namespace hpsearch::rpc
