// What hpsearch doctor finds of studies that began with what earlier ones have found, and of rounds about a user's
// own point: in a database whose specifications can be read.
#include "server/store/earlier_examination.h"

#include <SQLiteCpp/Database.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/store/doctor.h"
#include "tests/server/store/open_sqlite.h"
#include "tests/server/store/temp_folder.h"
#include "tests/server/study/record_samples.h"
#include "tests/server/study/spec_documents.h"

namespace hpsearch::store {
namespace {

using hpsearch::testing::OpenSqlite;
using hpsearch::testing::TempFolder;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string SpecOf(const std::string& name, const std::string& parameters, const std::string& search) {
  return study::Read(study::Document(R"({"study":")" + name +
                                     R"(","dataset":"d","model":[{"dropout":"$a"},{"dropout":"$b"},)" +
                                     R"({"dense":{"units":2,"activation":"softmax"}}],"training":{"epochs":1,)" +
                                     R"("optimizer":"sgd"},"parameters":)" + parameters + R"(,"search":)" +
                                     search + "}"))
      ->canonical;
}

// Nothing of it was leased yet.
study::StudyRecord StudyOf(std::int64_t id, const std::string& name, const std::string& spec) {
  study::StudyRecord study = study::SampleStudy(id, name);
  study.spec = spec;
  study.planned_trials = 9;
  return study;
}

class EarlierExaminationTest : public ::testing::Test {
 protected:
  EarlierExaminationTest() {
    OpenSqlite store(file_);
    study::RoundRecord all = study::SampleRound(1), first = study::SampleRound(2),
                       second = study::SampleRound(2, 2);
    all.trials = 9;
    first.trials = 4;
    second.first_trial = 5;
    second.trials = 5;
    second.by_hand = true;
    second.boxes = R"([{"point":"1/2 #1","centre":{"a":0.125,"b":0.2},"axes":{}}])";
    EXPECT_TRUE(
        store
            .Commit(
                {study::PutStudy{
                     StudyOf(1, "warm",
                             SpecOf("warm", R"({"a":{"range":{"low":0,"high":0.5}},"b":{"values":[0.1,0.2]}})",
                                    R"({"tpe":{"trials":9},"warm_start":{"studies":["x","y"]}})"))},
                 study::PutRound{all},
                 study::PutEarlier{1, {{"x", 1, "1/2 #0", 0.5}, {"x", 7, "1 #1", 0.25}, {"y", 1, "0 #1", 0.125}}},
                 study::PutStudy{StudyOf(
                     2, "asked",
                     SpecOf("asked",
                            R"({"a":{"linspace":{"start":0,"stop":0.25,"num":2}},"b":{"values":[0.1,0.2]}})",
                            "{}"))},
                 study::PutRound{first}, study::PutRound{second}})
            .ok());
  }
  std::vector<std::string> FoundAfter(const std::string& sql) {
    {
      SQLite::Database database(file_, SQLite::OPEN_READWRITE);
      database.exec("PRAGMA ignore_check_constraints = ON; PRAGMA foreign_keys = OFF");
      database.exec(sql);
    }
    const absl::StatusOr<Diagnosis> diagnosis = Examine(file_);
    EXPECT_TRUE(diagnosis.ok()) << diagnosis.status();
    std::vector<std::string> found;
    if (!diagnosis.ok()) return found;
    for (const Finding& finding : diagnosis->findings.list()) found.push_back(finding.study + ": " + finding.what);
    return found;
  }

  const TempFolder folder_;
  const std::string file_ = folder_.File("studies.db");
};

TEST_F(EarlierExaminationTest, SoundOnesAreSound) { EXPECT_THAT(FoundAfter("SELECT 1"), IsEmpty()); }

TEST_F(EarlierExaminationTest, ResultsOfNoStudy) {
  EXPECT_THAT(FoundAfter("UPDATE earlier_results SET study = 9 WHERE study = 1 AND number = 3"),
              ElementsAre(": 1 rows of earlier_results belong to no row of studies"));
}

TEST_F(EarlierExaminationTest, ResultsThatNobodyAskedFor) {
  EXPECT_THAT(
      FoundAfter("UPDATE earlier_results SET study = 2"),
      ElementsAre("warm: has no results of earlier studies, and a search.warm_start that asks for those of x, y",
                  "asked: has 3 results of earlier studies, and no search.warm_start that asks for them"));
}

TEST_F(EarlierExaminationTest, AResultOfAnotherStudyThanThoseThatWereAskedFor) {
  EXPECT_THAT(FoundAfter("UPDATE earlier_results SET earlier_study = 'z' WHERE number = 2"),
              ElementsAre("warm: its earlier result 2, trial z/7, is of study z; search.warm_start names x, y"));
}

TEST_F(EarlierExaminationTest, OneThatIsGone) {
  EXPECT_THAT(FoundAfter("DELETE FROM earlier_results WHERE number = 2"),
              ElementsAre("warm: its earlier result 3, trial y/1, comes behind 1; 2 is wanted"));
}

TEST_F(EarlierExaminationTest, PointsThatTheStudyCannotHave) {
  for (const std::string point : {"", "1/2", "1/2 #2", "3/2 #0", "1/2 #0 #0", "nonsense"}) {
    EXPECT_THAT(FoundAfter("UPDATE earlier_results SET point = '" + point + "' WHERE number = 2"),
                ElementsAre("warm: its earlier result 2, trial x/7, is at the point '" + point +
                            "', which the study cannot have"));
  }
}

TEST_F(EarlierExaminationTest, AnObjectiveThatIsNotFinite) {
  EXPECT_THAT(
      FoundAfter("UPDATE earlier_results SET objective = -9e999 WHERE number = 1"),
      ElementsAre("warm: its earlier result 1, trial x/1, has the objective -inf; a finite number is wanted"));
}

TEST_F(EarlierExaminationTest, OfASpecificationThatCannotBeReadWhatFollowsFromItIsNotLookedAt) {
  EXPECT_THAT(FoundAfter("UPDATE studies SET spec = '{\"search\":{\"warm_start\":{}}}' WHERE id = 1;"
                         "UPDATE earlier_results SET point = 'nonsense', objective = 9e999 WHERE number = 2"),
              ElementsAre(HasSubstr("trial x/7, has the objective inf")));
}

TEST_F(EarlierExaminationTest, ARoundAboutAPointOfOtherPlaces) {
  EXPECT_THAT(
      FoundAfter("UPDATE rounds SET boxes = '[{\"point\":\"1/2\"}]' WHERE by_hand"),
      ElementsAre("asked: its round 2 was opened by hand around a point of 1 places; 2 are wanted, one for "
                  "each parameter"));
}

TEST_F(EarlierExaminationTest, ARoundAboutNoPoint) {
  EXPECT_THAT(
      FoundAfter("UPDATE rounds SET boxes = '[{\"axes\":{}}]', num = 6 WHERE by_hand"),
      ElementsAre("asked: its round 2 has 6 points an axis; an odd number from 5 to 1001 is wanted",
                  "asked: its round 2 was opened by hand around no trial, and its first box has no 'point' "
                  "that can be read"));
}

}  // namespace
}  // namespace hpsearch::store
