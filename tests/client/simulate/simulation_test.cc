#include "client/simulate/simulation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <sstream>
#include <vector>

#include "tests/client/simulate/studies.h"

namespace hpsearch::simulate {
namespace {

using testing::HasSubstr;

// The best rate is 0.03, whatever the dropout; a curve falls by 0.01 an epoch.
std::string FineTable(int epochs, int run = 0) {
  std::ostringstream table;
  table << "rate,dropout,run,epoch,validation_error\n";
  for (int i = 0; i <= 60; ++i) {
    const double rate = std::pow(10.0, -4 + i / 12.0);
    const double error = 0.3 + 0.1 * std::abs(std::log10(rate / 0.03)) + 0.001 * run;
    for (const double dropout : {0.0, 0.5}) {
      for (int epoch = 1; epoch <= epochs; ++epoch) {
        table << fmt::format("{},{},{},{},{}\n", rate, dropout, run, epoch, error + 0.02 * dropout - 0.01 * epoch);
      }
    }
  }
  return table.str();
}

absl::StatusOr<Simulated> RunOf(const std::shared_ptr<const study::StudySpec>& spec, const std::string& text,
                                std::int64_t run = 0) {
  const TableFile file(text);
  const auto table = ResultsTable::Read(file.path(), *spec);
  if (!table.ok()) return table.status();
  return Simulate(spec, *table, run);
}

std::vector<std::int64_t> SpentIn(const Simulated& simulated) {
  std::vector<std::int64_t> spent;
  for (const Step& step : simulated.steps) spent.push_back(step.epochs_spent);
  return spent;
}

TEST(Simulation, AGridTrainsEachPointOnce) {
  const auto simulated = RunOf(SpecOf(), FineTable(3));
  ASSERT_TRUE(simulated.ok()) << simulated.status();
  EXPECT_EQ(simulated->trials, 8);
  EXPECT_THAT(SpentIn(*simulated), testing::ElementsAre(3, 6, 9, 12, 15, 18, 21, 24));
  // 0.001 is 1.5 decades away, 0.01 half a one; of these, and behind three epochs.
  EXPECT_NEAR(simulated->steps[0].best, 0.3 + 0.1477 - 0.03, 1e-3);
  EXPECT_NEAR(simulated->steps[7].best, 0.3 + 0.0477 - 0.03, 1e-3);
}

TEST(Simulation, RefinementGoesOnRoundTheBestAndTakesOverForNothing) {
  const auto simulated = RunOf(SpecOf(R"({"refine":{"rounds":4}})"), FineTable(3));
  ASSERT_TRUE(simulated.ok()) << simulated.status();
  EXPECT_NEAR(simulated->steps.back().best, 0.3 - 0.03, 0.01);
  // Of five points of a round three are known already.
  EXPECT_EQ(simulated->trials, 8 + 3 * 5);
  EXPECT_EQ(simulated->steps.back().epochs_spent, 3 * (8 + 3 * 2));
}

TEST(Simulation, RandomSearchFollowsItsSeed) {
  const auto spec = SpecOf(R"({"random":{"trials":20}})", 3, R"({"range":{"low":0.001,"high":1,"scale":"log"}})");
  const std::string table = FineTable(3);
  const auto once = RunOf(spec, table), again = RunOf(spec, table), other = RunOf(WithSeed(*spec, 8), table);
  ASSERT_TRUE(once.ok()) << once.status();
  ASSERT_TRUE(other.ok()) << other.status();
  EXPECT_EQ(SpentIn(*once).back(), 60);
  std::vector<double> firsts, others;
  for (std::size_t i = 0; i < once->steps.size(); ++i) {
    EXPECT_EQ(once->steps[i].best, again->steps[i].best);
    firsts.push_back(once->steps[i].best);
    others.push_back(other->steps[i].best);
  }
  EXPECT_NE(firsts, others);
}

TEST(Simulation, EachRunHasItsOwnTrainings) {
  const std::string table = FineTable(3) + FineTable(3, 1).substr(FineTable(3, 1).find('\n') + 1);
  const auto first = RunOf(SpecOf(), table, 0), second = RunOf(SpecOf(), table, 1),
             third = RunOf(SpecOf(), table, 2);
  ASSERT_TRUE(second.ok()) << second.status();
  EXPECT_NEAR(second->steps[0].best - first->steps[0].best, 0.001, 1e-9);
  EXPECT_EQ(third->steps[0].best, first->steps[0].best);
}

TEST(Simulation, WhatDivergesIsNeverTheBestAndEndsThere) {
  const auto spec = SpecOf();
  const auto simulated = RunOf(spec,
                               "rate,dropout,epoch,validation_error\n"
                               "0.001,0,1,0.4\n0.001,0,2,0.3\n0.001,0,3,0.2\n"
                               "0.1,0,1,0.1\n0.1,0,2,\n");
  ASSERT_TRUE(simulated.ok()) << simulated.status();
  EXPECT_EQ(simulated->steps.back().best, 0.2);
  // Of eight points those at 0.1 and 1 diverge behind two epochs.
  EXPECT_EQ(simulated->steps.back().epochs_spent, 4 * 3 + 4 * 2);
}

TEST(Simulation, AnObjectiveThatIsMaximizedAtTheLastEpoch) {
  const auto spec = SpecOf(R"({"grid":{}})", 3, R"({"values":[0.1]})",
                           R"(,"objective":{"metric":"validation_error","direction":"maximize","at":"last"})");
  const auto simulated = RunOf(spec,
                               "rate,dropout,epoch,validation_error\n0.1,0,1,0.9\n0.1,0,3,0.2\n"
                               "0.1,0.5,1,0.1\n0.1,0.5,3,0.3\n");
  ASSERT_TRUE(simulated.ok()) << simulated.status();
  EXPECT_EQ(simulated->steps[0].best, 0.2);
  EXPECT_EQ(simulated->steps[1].best, 0.3);
}

TEST(Simulation, ARuleStopsATrialEpochByEpoch) {
  const auto spec =
      SpecOf(R"({"grid":{}})", 9, R"({"values":[0.1,0.2]})", R"(,"stopping":[{"patience":{"epochs":2}}])");
  const auto simulated = RunOf(spec,
                               "rate,dropout,epoch,validation_error\n"
                               "0.1,0,1,0.5\n0.1,0,3,0.4\n0.1,0,9,0.1\n0.2,0,1,0.3\n0.2,0,9,0.2\n");
  ASSERT_TRUE(simulated.ok()) << simulated.status();
  // Behind the third epoch nothing comes for two; of the other rate behind the first.
  EXPECT_EQ(simulated->steps[0].epochs_spent, 5);
  EXPECT_EQ(simulated->steps.back().epochs_spent, 2 * (5 + 3));
  EXPECT_EQ(simulated->steps.back().best, 0.3);
}

TEST(Simulation, ATrialThatGoesOnFromItsRungPaysForItsNewEpochsAlone) {
  const auto spec = SpecOf(R"({"grid":{}})", 9, R"({"logspace":{"start":-3,"stop":0,"num":4}})",
                           R"(,"stopping":[{"successive_halving":{"min_epochs":1,"reduction_factor":3}}])");
  const auto simulated = RunOf(spec, FineTable(9));
  ASSERT_TRUE(simulated.ok()) << simulated.status();
  // Eight for one epoch, two of them for two more, one of these for six more.
  EXPECT_EQ(simulated->steps.back().epochs_spent, 8 + 2 * 2 + 6);
  EXPECT_NEAR(simulated->steps.back().best, 0.3 + 0.0477 - 0.09, 1e-3);
}

TEST(Simulation, ATableThatIsTooShortSaysSo) {
  const auto simulated = RunOf(SpecOf(R"({"grid":{}})", 4), FineTable(3));
  EXPECT_EQ(simulated.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(simulated.status().message()),
              HasSubstr("for 4 epochs, and the table's longest curve has 3"));
}

TEST(Simulation, OfAMetricThatTheStudyAsksFor) {
  const auto spec = study::ReadSpec(
      R"({"study":"s","dataset":{"name":"houses","target":-1},"objective":{"metric":"validation_mae"},)"
      R"("model":[{"dense":{"units":1}}],"training":{"epochs":1,"metrics":["mae","r2"],)"
      R"("optimizer":{"sgd":{"learning_rate":"$rate"}}},"parameters":{"rate":{"values":[0.1,0.2]}}})");
  ASSERT_TRUE(spec.ok()) << spec.status();
  const auto simulated = RunOf(*spec, "rate,epoch,validation_mae\n0.1,1,30\n0.2,1,20\n");
  ASSERT_TRUE(simulated.ok()) << simulated.status();
  EXPECT_EQ(simulated->steps[0].best, 30);
  EXPECT_EQ(simulated->steps[1].best, 20);
}

}  // namespace
}  // namespace hpsearch::simulate
