// The `stopping` section: what it takes, its canonical form, and what it refuses where.
#include "server/stopping/section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/model/json.h"

namespace hpsearch::stopping {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct ReadBack {
  Section section;
  std::vector<std::string> faults;  // "path: message"
};

ReadBack Read(const std::string& json, bool maximize = false, std::optional<std::int64_t> epochs = 27) {
  model::Faults faults;
  const Study study{{"validation_error", maximize}, epochs};
  ReadBack read{Section::Read(model::FromJson(json).value(), study, faults), {}};
  for (const model::Fault& fault : faults) read.faults.push_back(fault.path + ": " + fault.message);
  return read;
}

TEST(StoppingSection, WritesDefaultsOut) {
  const ReadBack read =
      Read(R"([{"patience":3},"median",{"convergence":{}},{"threshold":{"reached":1}},{"percentile":25}])");
  EXPECT_THAT(read.faults, IsEmpty());
  EXPECT_EQ(
      model::ToJson(read.section.Document()),
      R"([{"patience":{"epochs":3,"min_delta":0.0}},)"
      R"({"median":{"startup_trials":5,"warmup_epochs":0,"interval":1,"min_trials":1}},)"
      R"({"convergence":{"min_gain":0.001,"min_epochs":8,"interval":1}},)"
      R"({"threshold":{"reached":1.0,"warmup_epochs":0,"interval":1}},)"
      R"({"percentile":{"percentile":25.0,"startup_trials":5,"warmup_epochs":0,"interval":1,"min_trials":1}}])");
  EXPECT_EQ(model::ToJson(Read(model::ToJson(read.section.Document())).section.Document()),
            model::ToJson(read.section.Document()));
  EXPECT_EQ(read.section.Names(), "patience, median, convergence, threshold, percentile");
}

TEST(StoppingSection, NothingIsNoRule) {
  for (const char* json : {"null", "[]"}) {
    EXPECT_TRUE(Read(json).section.empty());
    EXPECT_THAT(Read(json).faults, IsEmpty());
  }
}

TEST(StoppingSection, SaysWhichRulesDependOnTheNumberOfWorkers) {
  EXPECT_TRUE(Read("[]").section.SameForAnyWorkers());
  EXPECT_TRUE(
      Read(R"([{"patience":3},{"convergence":{}},{"threshold":{"reached":0}}])").section.SameForAnyWorkers());
  EXPECT_FALSE(Read(R"([{"patience":3},"median"])").section.SameForAnyWorkers());
  EXPECT_FALSE(Read(R"([{"percentile":30}])").section.SameForAnyWorkers());
}

TEST(StoppingSection, FaultsNameTheirPlace) {
  EXPECT_THAT(Read(R"([{"patience":{"epoch":3}},{"patiense":3},{"patience":0},{"threshold":{}}])").faults,
              ElementsAre(HasSubstr("stopping[0].patience.epoch: "), HasSubstr("stopping[1].patiense: "),
                          HasSubstr("stopping[2].patience.epochs: 0 is out of range"),
                          HasSubstr("stopping[3].threshold: a bound is missing")));
  EXPECT_THAT(Read(R"({"patience":3})").faults,
              ElementsAre(HasSubstr("stopping: a mapping stands there; a list")));
  EXPECT_THAT(Read(R"([{"patience":3,"min_delta":0}])").faults, ElementsAre(HasSubstr("belongs into it")));
  EXPECT_THAT(Read(R"([{"threshold":{"reached":0.5,"worse_than":0.4}}])").faults,
              ElementsAre(HasSubstr("stopping[0].threshold.worse_than: it is better than 'reached'")));
  EXPECT_THAT(Read(R"([{"threshold":{"reached":0.5,"worse_than":0.4}}])", /*maximize=*/true).faults, IsEmpty());
  std::string many = "[" + std::string(R"("median")");
  for (int i = 0; i < 16; ++i) many += R"(,"median")";
  EXPECT_THAT(Read(many + "]").faults, ElementsAre(HasSubstr("17 rules; at most 16 may stand")));
}

TEST(StoppingSection, ARaceHasTheEpochsOfItsTrials) {
  const ReadBack read = Read(R"([{"patience":3},{"asha":{"max_epochs":27}}])");
  EXPECT_THAT(read.faults, IsEmpty());
  EXPECT_EQ(model::ToJson(read.section.Document()),
            R"([{"patience":{"epochs":3,"min_delta":0.0}},{"asha":{"min_epochs":1,"reduction_factor":3}}])");
  ASSERT_NE(read.section.race(), nullptr);
  EXPECT_EQ(read.section.race()->kind->keys.name, "asha");
  EXPECT_EQ(read.section.epochs, 27);
  EXPECT_FALSE(read.section.SameForAnyWorkers());
  EXPECT_TRUE(Read(R"(["hyperband"])").section.SameForAnyWorkers());
  EXPECT_TRUE(Read(R"(["successive_halving"])").section.SameForAnyWorkers());
  // Where a parameter gives the epochs, it says the most itself.
  const ReadBack open = Read(R"([{"hyperband":{"max_epochs":9}}])", false, std::nullopt);
  EXPECT_THAT(open.faults, IsEmpty());
  EXPECT_EQ(open.section.epochs, 9);
  EXPECT_THAT(model::ToJson(open.section.Document()), HasSubstr(R"("max_epochs":9)"));
}

TEST(StoppingSection, FaultsOfRaces) {
  EXPECT_THAT(Read(R"(["asha"])", false, std::nullopt).faults,
              ElementsAre(HasSubstr("stopping[0].asha: 'max_epochs' is missing")));
  EXPECT_THAT(
      Read(R"([{"asha":{"max_epochs":9}}])").faults,
      ElementsAre(HasSubstr("stopping[0].asha.max_epochs: 9, and training.epochs 27: the same is wanted")));
  EXPECT_THAT(Read(R"([{"hyperband":{"min_epochs":10}}])").faults,
              ElementsAre(HasSubstr("stopping[0].hyperband.min_epochs: 10 times the reduction_factor (3)")));
  EXPECT_THAT(Read(R"([{"asha":{"reduction_factor":1}}])").faults, ElementsAre(HasSubstr("1 is out of range")));
  EXPECT_THAT(Read(R"(["asha","median","hyperband"])").faults,
              ElementsAre(HasSubstr("stopping[2].hyperband: it stands beside 'asha'")));
}

TEST(StoppingSection, EachRuleHasANameOfItsOwn) {
  for (const Kind& kind : Kinds()) EXPECT_EQ(Find(kind.keys.name), &kind);
  EXPECT_EQ(Find("never"), nullptr);
}

}  // namespace
}  // namespace hpsearch::stopping
