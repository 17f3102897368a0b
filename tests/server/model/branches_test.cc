// Switches and repetitions: what each branch is checked against, where its faults are told, which parameters it
// names under which conditions, and what a trial makes of it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "server/model/json.h"
#include "server/model/references.h"
#include "tests/server/model/checked_sections.h"

namespace hpsearch::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const std::string kOutput = R"({"dense":{"units":10,"activation":"softmax"}})";

Node Json(const std::string& text) { return FromJson(text).value(); }

std::string Model(const Checked& checked) { return ToJson(*checked.document.Find("model")); }

Lookup Values(std::map<std::string, Scalar> values) {
  return [values = std::move(values)](std::string_view name) -> std::optional<Scalar> {
    const auto found = values.find(std::string(name));
    return found == values.end() ? std::nullopt : std::optional(found->second);
  };
}

TEST(BranchesTest, EachBranchIsCheckedAsWhatStandsThere) {
  const Checked checked = Check(
      R"([{"dense":{"units":{"switch":"$p","a":8,"b":0}}},{"switch":"$p","b":"flaten","a":[{"dropout":2}]},)" +
          kOutput + "]",
      R"({"epochs":{"switch":"$p","a":1,"b":1.5},"optimizer":{"switch":"$p","a":{"sgd":{"momentun":1}},"b":7},
                "schedule":{"switch":"$p","a":{"time_decay":{"rate":-1}},"b":null}})");
  EXPECT_THAT(checked.faults, ElementsAre(HasSubstr("model[0].dense.units.b: 0 is out of range"),
                                          HasSubstr("model[1].b.flaten: unknown layer 'flaten'"),
                                          HasSubstr("model[1].a[0].dropout.rate: 2 is out of range"),
                                          HasSubstr("training.epochs.b: 1.5 is no integer"),
                                          HasSubstr("training.optimizer.a.sgd.momentun: unknown key"),
                                          HasSubstr("training.optimizer.b: 7; a optimizer is wanted"),
                                          HasSubstr("training.schedule.a.time_decay.rate: -1 is out of range")));
}

TEST(BranchesTest, CanonicalBranchesAreOrderedAndWholeAndReadBackAsThemselves) {
  const Checked checked = Check(
      R"([{"switch":"$p","b":null,"a":{"dropout":0.5}},{"dense":{"switch":"$p","a":{"units":1},"b":{"units":2}}},)"
      R"({"repeat":{"layers":["flatten"],"times":"$n"}},)" +
      kOutput + "]");
  EXPECT_THAT(checked.faults, IsEmpty());
  EXPECT_THAT(
      Model(checked),
      HasSubstr(R"([{"switch":"$p","a":[{"dropout":{"rate":0.5}}],"b":[]},{"switch":"$p","a":[{"dense":{"units")"
                R"(:1,)"));
  EXPECT_THAT(Model(checked), HasSubstr(R"({"repeat":{"times":"$n","layers":[{"flatten":{}}]}})"));
  Node again = checked.document;
  Faults faults;
  CheckSections(again, faults);
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_EQ(again, checked.document);
}

TEST(BranchesTest, UsagesStandUnderTheirConditions) {
  const Checked checked = Check(
      R"([{"repeat":{"times":"$n","layers":[{"dense":{"units":"$units"}},{"switch":"$p","1.0":{"dropout":"$rate"},"none":[]}]}},)" +
      kOutput + "]");
  EXPECT_THAT(checked.faults, IsEmpty());
  ASSERT_EQ(checked.usages.size(), 4u);
  EXPECT_EQ(checked.usages[0].parameter, "n");
  EXPECT_THAT(checked.usages[0].when, IsEmpty());
  EXPECT_EQ(checked.usages[1].parameter, "units");
  EXPECT_THAT(checked.usages[1].when, ElementsAre(Condition{"n", {}, {.low = 1}}));
  EXPECT_THAT(checked.usages[1].repetitions, ElementsAre("n"));
  EXPECT_EQ(checked.usages[2].path, "model[0].repeat.layers[1].switch");
  EXPECT_THAT(checked.usages[2].branches, ElementsAre("1", "none"));
  EXPECT_EQ(checked.usages[3].path, "model[0].repeat.layers[1].1.0.dropout.rate");
  EXPECT_THAT(checked.usages[3].when, ElementsAre(Condition{"n", {}, {.low = 1}}, Condition{"p", {"1"}, {}}));
}

TEST(BranchesTest, SaysWhatIsWrongWithASwitchOrARepetition) {
  const auto fault = [](const std::string& layer) {
    const Checked checked = Check("[" + layer + "," + kOutput + "]");
    EXPECT_EQ(checked.faults.size(), 1u) << layer;
    return checked.faults.empty() ? "" : checked.faults.front();
  };
  EXPECT_THAT(fault(R"({"switch":"p","a":"flatten"})"), HasSubstr("model[0].switch: 'p' is text; the parameter"));
  EXPECT_THAT(fault(R"({"switch":"$p"})"), HasSubstr("model[0].switch: no branch"));
  EXPECT_THAT(fault(R"({"switch":"$p","1":"flatten","1.0":"flatten"})"),
              HasSubstr("the branch '1' stands there twice"));
  EXPECT_THAT(fault(R"({"repeat":{"times":-1,"layers":["flatten"]}})"), HasSubstr("model[0].repeat.times: -1"));
  EXPECT_THAT(fault(R"({"repeat":{"times":1,"layers":[]}})"), HasSubstr("model[0].repeat.layers: "));
  EXPECT_THAT(fault(R"({"repeat":{"times":1,"layers":["flatten"],"n":1}})"),
              HasSubstr("unknown key of repeat 'n'"));
  std::string deep = R"("flatten")";
  for (int i = 0; i < 10; ++i) deep = R"({"repeat":{"times":2,"layers":[)" + deep + "]}}";
  EXPECT_THAT(fault(deep), HasSubstr("deeper than 8"));
  EXPECT_THAT(
      Check("[" + kOutput + "]", R"({"epochs":1,"optimizer":"sgd","instruction_set":{"switch":"$p","a":"avx2"}})")
          .faults,
      ElementsAre(HasSubstr("training.instruction_set: $p")));
}

TEST(BranchesTest, ATrialHasTheBranchThatItsPointNames) {
  const Node section = Json(R"({"x":{"switch":"$p","a":{"y":"$q","z":"$none"},"2":3}})");
  EXPECT_EQ(Substitute(section, Values({{"p", Scalar("a")}, {"q", Scalar(5.0)}})), Json(R"({"x":{"y":5.0}})"));
  EXPECT_EQ(Substitute(section, Values({{"p", Scalar(2.0)}})), Json(R"({"x":3})"));
  EXPECT_EQ(Substitute(section, Values({})), Json("{}")) << "an absent switch is unset";
}

TEST(BranchesTest, RepetitionsAreLayersWithValuesAndNamesOfTheirOwn) {
  const Node model = Json(R"([{"switch":"$p","a":[],"b":["flatten"]},
      {"repeat":{"times":"$n","layers":[{"dense":{"units":"$units","name":"block"}},
                                        {"dropout":{"rate":"$rate","input":"block"}},
                                        {"switch":"$p","a":{"elu":{"input":"other"}},"b":[]}]}}, "end"])");
  const Lookup values = Values({{"p", Scalar("a")},
                                {"n", Scalar(std::int64_t{2})},
                                {"units_1", Scalar(std::int64_t{64})},
                                {"units_2", Scalar(std::int64_t{32})},
                                {"units_3", Scalar(std::int64_t{16})},
                                {"rate", Scalar(0.5)}});
  const PerRepetition per = [](std::string_view name) {
    return name == "units" ? std::optional<std::string_view>("n") : std::nullopt;
  };
  const Resolved resolved = Resolve(model, values, per);
  EXPECT_EQ(resolved.section, Json(R"([{"dense":{"units":64,"name":"block_1"}},
                                       {"dropout":{"rate":0.5,"input":"block_1"}}, {"elu":{"input":"other"}},
                                       {"dense":{"units":32,"name":"block_2"}},
                                       {"dropout":{"rate":0.5,"input":"block_2"}}, {"elu":{"input":"other"}}, "end"])"));
  EXPECT_THAT(resolved.sources,
              ElementsAre("[1].repeat.layers[0]", "[1].repeat.layers[1]", "[1].repeat.layers[2].a",
                          "[1].repeat.layers[0]", "[1].repeat.layers[1]", "[1].repeat.layers[2].a", "[2]"));
  EXPECT_EQ(Substitute(model, values, per), resolved.section);
}

TEST(BranchesTest, BranchesAreNamedByValues) {
  EXPECT_EQ(BranchName(Scalar("relu")), "relu");
  EXPECT_EQ(BranchName(Scalar(2.0)), "2");
  EXPECT_EQ(BranchName(Scalar(0.001)), "0.001");
  EXPECT_EQ(BranchName(Scalar(true)), "true");
  EXPECT_EQ(BranchName(std::string_view("1e-3")), "0.001");
  EXPECT_EQ(BranchName(std::string_view("true")), "true");
  const Condition condition = {.parameter = "p", .names = {"2", "none"}, .domain = {}};
  EXPECT_TRUE(condition.Holds(Scalar(2.0)) && condition.Holds(Scalar("none")));
  EXPECT_FALSE(condition.Holds(Scalar(3.0)) || condition.Holds(std::nullopt));
  const Condition least = {.parameter = "p", .names = {}, .domain = {.low = 2}};
  EXPECT_TRUE(least.Holds(Scalar(std::int64_t{2})));
  EXPECT_FALSE(least.Holds(Scalar(1.5)) || least.Holds(Scalar("2")) || least.Holds(std::nullopt));
}

}  // namespace
}  // namespace hpsearch::model
