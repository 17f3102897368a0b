// The bounds on what one answer holds; what the reads answer is study_service_test.cc's.
#include "server/rpc/study_queries.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"

namespace hpsearch::rpc {
namespace {

using ::testing::ElementsAre;
using testing::OpenSqlite;
using testing::TempFolder;

class StudyQueriesTest : public ::testing::Test {
 protected:
  StudyQueriesTest() : store_(folder_.File("studies.db")) {
    Commit({study::PutStudy{study::SampleStudy(1, "s")}, study::PutRound{study::SampleRound(1)}});
    absl::StatusOr<std::unique_ptr<store::StudyReader>> reader =
        store::StudyReader::Open(folder_.File("studies.db"));
    EXPECT_TRUE(reader.ok()) << reader.status();
    reader_ = *std::move(reader);
  }
  void Commit(study::Batch batch) {
    const absl::Status status = store_.Commit(std::move(batch));
    ASSERT_TRUE(status.ok()) << status;
  }
  void AddTrial(std::int64_t number, const std::string& parameters, std::int64_t epochs, bool metrics = false) {
    study::TrialRecord trial = study::SampleTrial(1, number);
    trial.parameters = parameters;
    study::AppendEpochs append{1, number, 1, {}};
    for (std::int64_t epoch = 1; epoch <= epochs; ++epoch) {
      append.epochs.push_back(metrics ? study::SampleEpochWithMetrics(epoch) : study::SampleEpoch(epoch));
    }
    Commit({study::PutTrial{trial}, append});
  }

  TempFolder folder_;
  OpenSqlite store_;
  std::unique_ptr<store::StudyReader> reader_;
};

TEST_F(StudyQueriesTest, APageOfTrialsThatWouldBeTooLongEndsEarly) {
  const std::string parameters = R"({"text":")" + std::string(3 << 20, 'x') + R"("})";
  for (int number = 1; number <= 5; ++number) AddTrial(number, parameters, 0);
  v1::ListTrialsRequest request;
  request.set_parent("studies/s");
  std::vector<std::vector<std::int64_t>> pages;
  do {
    v1::ListTrialsResponse response;
    ASSERT_TRUE(ListTrials(*reader_, request, &response).ok());
    EXPECT_LE(response.ByteSizeLong(), 8U << 20);
    pages.emplace_back();
    for (const v1::Trial& trial : response.trials()) pages.back().push_back(trial.trial());
    request.set_page_token(response.next_page_token());
  } while (!request.page_token().empty());
  EXPECT_THAT(pages, ElementsAre(ElementsAre(1, 2), ElementsAre(3, 4), ElementsAre(5)));
}

TEST_F(StudyQueriesTest, RoundsComeInPagesThatEndEarlyWhereBoxesAreLong) {
  for (int number = 2; number <= 6; ++number) {
    study::RoundRecord round = study::SampleRound(1, number);
    round.centres = {1};
    round.boxes = R"([{"text":")" + std::string(number < 5 ? 3 << 20 : 1, 'x') + R"("}])";
    round.by_hand = true;
    Commit({study::PutRound{round}});
  }
  study::TrialRecord trial = study::SampleTrial(1, 1, study::TrialState::kCompleted, 0.25);
  Commit({study::PutTrial{trial}});
  v1::ListRoundsRequest request;
  request.set_parent("studies/s");
  for (const int page_size : {0, 1, 3}) {
    request.set_page_size(page_size);
    std::vector<std::vector<std::int64_t>> pages;
    do {
      v1::ListRoundsResponse response;
      ASSERT_TRUE(ListRounds(*reader_, request, &response).ok());
      EXPECT_LE(response.ByteSizeLong(), 8U << 20);
      pages.emplace_back();
      for (const v1::Round& round : response.rounds()) {
        pages.back().push_back(round.round());
        EXPECT_EQ(round.best_trial(), round.round() == 1 ? 1 : 0);
        EXPECT_EQ(round.by_hand(), round.round() > 1);
      }
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    if (page_size == 0) {
      EXPECT_THAT(pages, ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4, 5, 6)));
    } else if (page_size == 1) {
      EXPECT_THAT(pages, ElementsAre(ElementsAre(1), ElementsAre(2), ElementsAre(3), ElementsAre(4),
                                     ElementsAre(5), ElementsAre(6)));
    } else {
      EXPECT_THAT(pages, ElementsAre(ElementsAre(1, 2, 3), ElementsAre(4, 5, 6)));
    }
  }
  v1::ListRoundsResponse none;
  request.set_page_token("x");
  EXPECT_TRUE(absl::IsInvalidArgument(ListRounds(*reader_, request, &none)));
  request.clear_page_token();
  request.set_parent("studies/other");
  EXPECT_TRUE(absl::IsNotFound(ListRounds(*reader_, request, &none)));
}

// As many metrics as a client would not receive at once.
TEST_F(StudyQueriesTest, ACurveWithMetricsComesInShorterPieces) {
  AddTrial(1, "{}", 80'000, /*metrics=*/true);
  v1::GetCurvesRequest request;
  request.set_parent("studies/s");
  request.add_trials(1);
  std::int64_t epochs = 0;
  for (bool more = true; more;) {
    v1::GetCurvesResponse response;
    ASSERT_TRUE(GetCurves(*reader_, request, &response).ok());
    EXPECT_LT(response.ByteSizeLong(), 13U << 20);
    for (const v1::Epoch& epoch : response.curves(0).epochs()) EXPECT_EQ(epoch.epoch(), ++epochs);
    more = response.more();
    request.set_after_epoch(epochs);
  }
  EXPECT_EQ(epochs, 80'000);
}

TEST_F(StudyQueriesTest, TheCurveOfOneTrialComesInPieces) {
  AddTrial(1, "{}", 80'003);
  AddTrial(2, "{}", 1);
  v1::GetCurvesRequest request;
  request.set_parent("studies/s");
  request.add_trials(1);
  v1::GetCurvesResponse first;
  ASSERT_TRUE(GetCurves(*reader_, request, &first).ok());
  EXPECT_EQ(first.curves(0).epochs_size(), 80'000);
  EXPECT_TRUE(first.more());
  request.set_after_epoch(80'000);
  v1::GetCurvesResponse rest;
  ASSERT_TRUE(GetCurves(*reader_, request, &rest).ok());
  ASSERT_EQ(rest.curves(0).epochs_size(), 3);
  EXPECT_EQ(rest.curves(0).epochs(0).epoch(), 80'001);
  EXPECT_FALSE(rest.more());

  request.set_after_epoch(0);
  request.add_trials(2);
  v1::GetCurvesResponse both;
  EXPECT_EQ(GetCurves(*reader_, request, &both).code(), absl::StatusCode::kResourceExhausted);
  request.set_after_epoch(-1);
  EXPECT_EQ(GetCurves(*reader_, request, &both).code(), absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpsearch::rpc
