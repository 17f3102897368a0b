// Where each rule stops a trial, beside what Optuna, Keras's formula and scipy say of the same curves.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "server/model/json.h"
#include "server/stopping/section.h"
#include "tests/server/stopping/oracle_rows.h"

namespace hpsearch::stopping {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

Section ReadRule(const std::string& json, const Goal& goal) {
  model::Faults faults;
  Section section =
      Section::Read(model::Node::Sequence{model::FromJson(json).value()}, {goal, std::nullopt}, faults);
  EXPECT_THAT(faults, SizeIs(0)) << json << model::ToStatus(faults);
  return section;
}

struct Stop {
  std::int64_t epoch = 0;  // 0: none
  std::string reason;
};

// Behind each epoch but the last, as the coordinator asks.
Stop FirstStop(const Section::Entry& entry, const Goal& goal, const Others& others,
               const std::vector<double>& curve) {
  const std::unique_ptr<Rule> rule = entry.kind->make(entry.settings);
  for (std::size_t epoch = 1; epoch < curve.size(); ++epoch) {
    const Sight sight{goal, std::span(curve).first(epoch), static_cast<std::int64_t>(curve.size()), others};
    if (auto reason = rule->Judge(sight)) return {static_cast<std::int64_t>(epoch), *reason};
  }
  return {};
}

Stop FirstStop(const std::string& rule, const std::vector<double>& curve, const Others& others = {},
               bool maximize = false) {
  const Goal goal{"validation_error", maximize};
  return FirstStop(ReadRule(rule, goal).entries.at(0), goal, others, curve);
}

TEST(StoppingRules, StopWhereTheOraclesDo) {
  std::map<std::string, std::set<std::int64_t>> stops;
  for (const auto& row : OracleRows("stopping_rules.tsv")) {
    ASSERT_THAT(row, SizeIs(6));
    const Goal goal{"validation_error", row[1] == "maximize"};
    const Section section = ReadRule(row[0], goal);
    Others others;
    for (const std::string& other : Split(row[3], ';')) others.Add(Numbers(other));
    const Stop stop = FirstStop(section.entries.at(0), goal, others, Numbers(row[4]));
    EXPECT_EQ(std::to_string(stop.epoch), row[5]) << row[0] << " " << row[1] << " " << row[4] << "\n"
                                                  << stop.reason;
    stops[section.Names()].insert(stop.epoch);
  }
  for (const Kind& kind : Kinds()) {
    if (kind.make != nullptr) EXPECT_GE(stops[kind.keys.name].size(), 3U) << kind.keys.name;
  }
}

TEST(StoppingRules, PatienceTellsSinceWhen) {
  EXPECT_EQ(FirstStop(R"({"patience":2})", {0.5, 0.3, 0.3, 0.31, 0.1, 0.1}).reason,
            "validation_error has not improved for 2 epochs, since 0.3 at epoch 2");
  const Stop finer = FirstStop(R"({"patience":{"epochs":2,"min_delta":0.05}})", {0.5, 0.49, 0.48, 0.47});
  EXPECT_EQ(finer.epoch, 3);
  EXPECT_EQ(finer.reason,
            "validation_error has not improved by more than 0.05 for 2 epochs, since 0.5 at epoch 1");
  EXPECT_THAT(FirstStop(R"({"patience":2})", {kNan, kNan, 0.1}).reason,
              HasSubstr("was finite in none of the first 2 epochs"));
}

TEST(StoppingRules, ThresholdTellsWhichBound) {
  EXPECT_EQ(FirstStop(R"({"threshold":{"reached":0.2}})", {0.5, 0.2, 0.1}).reason,
            "validation_error is 0.2 behind epoch 2, which was to be reached: 0.2");
  EXPECT_EQ(FirstStop(R"({"threshold":{"worse_than":0.9,"warmup_epochs":1}})", {0.95, 0.95, 0.1}).reason,
            "validation_error is 0.95 behind epoch 2, worse than 0.9");
  EXPECT_EQ(FirstStop(R"({"threshold":{"worse_than":0.9}})", {0.9, kNan, 0.1}).reason,
            "validation_error is not finite behind epoch 2");
  EXPECT_EQ(FirstStop(R"({"threshold":{"reached":0.2}})", {kNan, 0.5, 0.1}).epoch, 0);
  EXPECT_EQ(FirstStop(R"({"threshold":{"reached":0.8}})", {0.5, 0.8, 0.9}, {}, /*maximize=*/true).epoch, 2);
}

TEST(StoppingRules, MedianTellsWithWhatItCompared) {
  Others others;
  for (const double end : {0.1, 0.2, 0.3}) others.Add(std::vector<double>{0.5, end, end});
  EXPECT_EQ(FirstStop(R"({"median":{"startup_trials":3}})", {0.5, 0.4, 0.1}, others).reason,
            "the best validation_error up to epoch 2 is 0.4; the median of 3 completed trials is 0.2 there");
  EXPECT_EQ(
      FirstStop(R"({"percentile":{"percentile":25,"startup_trials":3}})", {0.4, 0.19, 0.1}, others).reason,
      "the best validation_error up to epoch 2 is 0.19; the best 25% of 3 completed trials reach 0.15 there");
  EXPECT_EQ(FirstStop(R"({"median":{"startup_trials":4}})", {0.5, 0.4, 0.1}, others).epoch, 0);
}

TEST(StoppingRules, OthersHaveALongerCurveOfTheSameTrainingOnce) {
  Others others;
  others.Add(std::vector<double>{0.5, 0.4});
  others.Add(std::vector<double>{0.3, 0.2});
  others.Add(std::vector<double>{0.3, 0.2, 0.1}, 2);
  EXPECT_EQ(others.trials(), 2);
  EXPECT_THAT(others.At(1), ElementsAre(0.3, 0.5));
  EXPECT_THAT(others.At(2), ElementsAre(0.2, 0.4));
  EXPECT_THAT(others.At(3), ElementsAre(0.1));
}

TEST(StoppingRules, ConvergenceTellsTheEndThatItForesees) {
  std::vector<double> curve;
  for (int epoch = 1; epoch <= 40; ++epoch) curve.push_back(0.2 + 0.5 * std::exp(-0.4 * epoch));
  const Stop stop = FirstStop(R"({"convergence":{"min_gain":0.01}})", curve);
  EXPECT_EQ(stop.epoch, 10) << stop.reason;  // 0.5 * exp(-0.4 * 9) is 0.014, * 10 is 0.009
  EXPECT_EQ(
      stop.reason,
      "an exponential over 10 epochs foresees validation_error 0.2 at epoch 40 and 0.2 in the end: 0.00916 to "
      "gain, less than 0.01");
  for (double& value : curve) value = 0.9 - value;
  EXPECT_EQ(FirstStop(R"({"convergence":{"min_gain":0.01}})", curve, {}, /*maximize=*/true).epoch, 10);
  EXPECT_EQ(FirstStop(R"({"convergence":{}})", std::vector<double>(20, 0.5)).epoch, 8) << "it stands still";
  EXPECT_EQ(FirstStop(R"({"convergence":{"min_epochs":4}})", {kNan, kNan, kNan, kNan, 0.5, 0.4, 0.3}).epoch, 0);
}

}  // namespace
}  // namespace hpsearch::stopping
