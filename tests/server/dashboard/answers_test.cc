// What is answered from a real file: bounds, single trials, a file that is replaced. Charts and table are looked
// at in tests/browser.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "server/dashboard/reader_pool.h"
#include "server/dashboard/routes.h"
#include "tests/server/dashboard/studies_file.h"

namespace hpsearch::dashboard {
namespace {

using Json = nlohmann::json;

class Answers : public ::testing::Test {
 protected:
  absl::StatusOr<std::string> Get(const std::string& target) {
    const auto parsed = ParseTarget(target);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
    return pool_.With([&](store::StudyReader& reader) { return Answer(*parsed, reader); });
  }
  Json Read(const std::string& target) {
    const auto body = Get(target);
    EXPECT_TRUE(body.ok()) << target << ": " << body.status();
    return Json::parse(body.value_or("null"));
  }
  // Two epochs are stored; `epochs` is what the row says.
  void PutTrial(std::int64_t number, std::int64_t epochs) {
    study::TrialRecord trial = study::SampleTrial(1, number, study::TrialState::kCompleted, 0.5);
    trial.epochs = epochs;
    file_.Commit({study::PutTrial{trial},
                  study::AppendEpochs{1, number, 1, {study::SampleEpoch(1), study::SampleEpoch(2)}}});
  }

  StudiesFile file_;
  ReaderPool pool_{file_.path()};
};

TEST_F(Answers, CurvesAreBoundedByTheirEpochs) {
  file_.Put(1, "a");
  file_.Commit({study::PutRound{study::SampleRound(1)}});
  PutTrial(1, 60'000);
  PutTrial(2, 30'000);
  PutTrial(3, 60'000);
  PutTrial(4, 500'000);
  PutTrial(5, 2);
  const auto trials = [](const Json& answer) {
    std::vector<int> numbers;
    for (const Json& curve : answer["curves"]) numbers.push_back(curve[0]);
    return numbers;
  };
  const Json first = Read("/api/studies/a/curves");
  EXPECT_EQ(trials(first), (std::vector<int>{1, 2}));
  EXPECT_EQ(first["next"], 3);
  EXPECT_EQ(first["curves"][0][1], Json::parse("[[0.3, 0.25], [0.3, 0.125]]"));
  EXPECT_EQ(first["metric"], "error");
  EXPECT_EQ(trials(Read("/api/studies/a/curves?first=3")), (std::vector<int>{3}));
  const Json one = Read("/api/studies/a/curves?first=4");  // a curve is never parted
  EXPECT_EQ(trials(one), (std::vector<int>{4}));
  EXPECT_EQ(one["next"], 5);
  EXPECT_EQ(Read("/api/studies/a/curves?first=5")["next"], nullptr);
  EXPECT_EQ(Read("/api/studies/a/curves?first=9")["curves"], Json::array());
  EXPECT_EQ(Read("/api/studies/a/curves?first=1&count=2")["next"], nullptr);
}

// In a regression there is no error to draw.
TEST_F(Answers, CurvesShowWhatTheObjectiveIsOf) {
  const auto curve = [&](const std::string& metric) {
    study::StudyRecord study = study::SampleStudy(1, "a");
    study.metric = metric;
    file_.Commit({study::PutStudy{study}});
    const Json answer = Read("/api/studies/a/curves");
    EXPECT_EQ(answer["metric"], metric.substr(metric.find('_') + 1));
    return answer["curves"][0][1];
  };
  file_.Put(1, "a");
  file_.Commit(
      {study::PutRound{study::SampleRound(1)}, study::PutTrial{study::SampleTrial(1, 1)},
       study::AppendEpochs{1, 1, 1, {study::SampleEpochWithMetrics(1), study::SampleEpochWithMetrics(2)}}});
  EXPECT_EQ(curve("validation_loss"), Json::parse("[[1.0, 0.30000000000000004], [0.5, 0.30000000000000004]]"));
  EXPECT_EQ(curve("validation_r2"), Json::parse("[[-0.5, null], [-0.5, null]]"));
  EXPECT_EQ(curve("train_mae"), Json::parse("[[0.30000000000000004, 0.5], [0.30000000000000004, 1.0]]"));
}

TEST_F(Answers, LimitsAreNumbersWithinBounds) {
  file_.Put(1, "a");
  for (const char* query :
       {"trials?limit=0", "trials?limit=x", "trials?offset=-1", "curves?first=0", "curves?count=0",
        "curves?first=1.5", "trials?state=NONE", "trials?sort=nothing", "trials/x"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Get(std::string("/api/studies/a/") + query).status())) << query;
  }
  EXPECT_EQ(Read("/api/studies/a/trials?limit=99999999"), Json::array());
  EXPECT_TRUE(absl::IsNotFound(Get("/api/studies/a/trials/1").status()));
  EXPECT_TRUE(absl::IsNotFound(Get("/api/studies/b/curves").status()));
  EXPECT_TRUE(absl::IsNotFound(Get("/api/nothing").status()));
}

TEST_F(Answers, OneTrialIsReadSingly) {
  file_.Put(1, "a");
  file_.Commit({study::PutRound{study::SampleRound(1)}});
  PutTrial(1, 2);
  EXPECT_EQ(Read("/api/studies/a/trials/1"), Read("/api/studies/a/trials")[0]);
}

TEST_F(Answers, AReplacedFileIsFoundByItsName) {
  file_.Put(1, "before");
  EXPECT_EQ(Read("/api/studies")[0]["study"], "before");
  file_.ReplaceBy("behind");
  EXPECT_EQ(Read("/api/studies")[0]["study"], "behind");
}

}  // namespace
}  // namespace hpsearch::dashboard
