// Which trials go on in a race, beside the papers' algorithms written out in Python, and what a restart makes of
// it.
#include "server/stopping/race.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <deque>
#include <set>
#include <utility>

#include "server/model/json.h"
#include "server/stopping/section.h"
#include "tests/server/stopping/oracle_rows.h"

namespace hpsearch::stopping {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

using Job = std::pair<std::int64_t, int>;  // a trial and its rung

RacePlan PlanOf(const std::string& rule, std::int64_t epochs) {
  model::Faults faults;
  const Section section = Section::Read(model::Node::Sequence{model::FromJson(rule).value()},
                                        {{"validation_error", false}, epochs}, faults);
  EXPECT_THAT(faults, SizeIs(0)) << model::ToStatus(faults);
  return section.race()->kind->race(section.race()->settings, section.epochs);
}

struct Raced {
  std::vector<Job> jobs;
  std::set<std::int64_t> stopped;
};

// One worker: what may go on is trained before what is new. At each `restart`th job all is made anew from what is
// known of the trials.
Raced RunAll(const RacePlan& plan, const std::vector<std::vector<double>>& values, std::size_t restart = 0) {
  const auto trials = static_cast<std::int64_t>(values.size());
  Race race(plan, /*maximize=*/false, trials);
  Raced run;
  std::deque<Job> queue;
  std::vector<std::pair<int, bool>> at;  // the rung, and whether the trial is on its way to it
  std::vector<int> first;
  const auto value = [&](const Job& job) { return values[static_cast<std::size_t>(job.first)][job.second]; };
  for (std::int64_t fresh = 0; fresh < trials || !queue.empty();) {
    if (queue.empty()) {
      queue.emplace_back(fresh, race.FirstRung(fresh));
      at.emplace_back(race.FirstRung(fresh), true);
      first.push_back(race.FirstRung(fresh));
      ++fresh;
    }
    if (restart > 0 && (run.jobs.size() + 1) % restart == 0) {
      race = Race(plan, false, trials);
      for (std::int64_t i = 0; i < fresh; ++i) {
        const auto [rung, moving] = at[i];
        for (int k = first[i]; k < rung; ++k) race.Restore(i, k, value({i, k}), false, true);
        if (!moving) race.Restore(i, rung, value({i, rung}), !run.stopped.contains(i), false);
      }
      race.Restored();
    }
    const Job job = queue.front();
    queue.pop_front();
    run.jobs.push_back(job);
    at[job.first].second = false;
    const Race::Verdict verdict = race.Arrive(job.first, job.second, value(job), job.second < race.top());
    for (const std::int64_t index : verdict.go_on) {
      at[index] = {at[index].first + 1, true};
      queue.emplace_back(index, at[index].first);
    }
    run.stopped.insert(verdict.stop.begin(), verdict.stop.end());
  }
  return run;
}

TEST(Race, RunsAsThePapersDo) {
  const auto rows = OracleRows("stopping_races.tsv");
  ASSERT_GT(rows.size(), 10U);
  for (const auto& row : rows) {
    const RacePlan plan = PlanOf(row.at(0), std::stoll(row.at(1)));
    std::vector<std::vector<double>> values;
    for (const std::string& trial : Split(row.at(2), ';')) values.push_back(Numbers(trial));
    for (const std::size_t restart : {0, 1, 4}) {
      const Raced run = RunAll(plan, values, restart);
      std::vector<std::string> jobs;
      for (const Job& job : run.jobs) jobs.push_back(fmt::format("{}:{}", job.first, job.second));
      if (plan.waits) {
        EXPECT_THAT(jobs, ::testing::UnorderedElementsAreArray(Split(row.at(3), ' '))) << row[0];
      } else {
        EXPECT_THAT(jobs, ::testing::ElementsAreArray(Split(row.at(3), ' '))) << row[0];
      }
    }
  }
}

TEST(Race, AshaPromotesAsSoonAsATrialIsAmongTheBest) {
  Race race(PlanOf(R"({"asha":{}})", 9), false, 100);
  EXPECT_EQ(race.top(), 2);
  EXPECT_EQ(race.EpochsAt(0), 1);
  EXPECT_EQ(race.EpochsAt(1), 3);
  EXPECT_THAT(race.Arrive(0, 0, 0.5, true).go_on, IsEmpty());
  EXPECT_THAT(race.Arrive(1, 0, 0.4, true).go_on, IsEmpty());
  EXPECT_THAT(race.Arrive(2, 0, 0.6, true).go_on, ElementsAre(1));
  EXPECT_THAT(race.Arrive(3, 0, 0.1, true).go_on, ElementsAre(3)) << "ahead of the one that has gone on";
  EXPECT_THAT(race.Arrive(4, 0, std::nullopt, false).go_on, IsEmpty()) << "it has ended without a value";
  EXPECT_THAT(race.Arrive(5, 0, 0.7, true).go_on, IsEmpty()) << "trial 1, the second best, has gone on already";
  EXPECT_EQ(race.Standing(0, 0), "not among the best 2 of 6 at 1 epochs");
  EXPECT_THAT(race.Arrive(1, 1, 0.4, true).go_on, IsEmpty());
  EXPECT_EQ(race.Standing(1, 1), "1 of 3 wanted to go on at 3 epochs");
}

TEST(Race, OneThatHasEndedKeepsItsPlaceAmongTheBest) {
  Race race(PlanOf(R"({"successive_halving":{"reduction_factor":2}})", 8), false, 4);
  EXPECT_THAT(race.Arrive(0, 0, 0.1, /*open=*/false).go_on, IsEmpty());
  EXPECT_THAT(race.Arrive(1, 0, 0.2, true).go_on, IsEmpty());
  EXPECT_THAT(race.Arrive(2, 0, 0.3, true).go_on, IsEmpty());
  EXPECT_EQ(race.Standing(2, 0), "3 of 4 had come to be compared at 1 epochs");
  const Race::Verdict verdict = race.Arrive(3, 0, std::nullopt, false);
  EXPECT_THAT(verdict.go_on, ElementsAre(1));
  EXPECT_THAT(verdict.stop, ElementsAre(2));
  // The one that is left is the best of one, up to the end.
  EXPECT_THAT(race.Arrive(1, 1, 0.9, true).go_on, ElementsAre(1));
  EXPECT_THAT(race.Arrive(1, 2, 0.9, true).go_on, ElementsAre(1));
  EXPECT_THAT(race.Arrive(1, 3, 0.9, false).go_on, IsEmpty());
}

TEST(Race, WhatWasTakenOverIsNoneOfIt) {
  Race race(PlanOf(R"({"successive_halving":{}})", 9), /*maximize=*/true, 4);
  EXPECT_THAT(race.Arrive(0, 0, 0.5, true).go_on, IsEmpty());
  EXPECT_THAT(race.Withdraw(1).go_on, IsEmpty());
  EXPECT_THAT(race.Arrive(2, 0, 0.6, true).go_on, IsEmpty());
  const Race::Verdict verdict = race.Withdraw(3);
  EXPECT_THAT(verdict.go_on, ElementsAre(2)) << "all that can come are there, and the largest is the best";
  EXPECT_THAT(verdict.stop, ElementsAre(0));
}

TEST(Race, RungsLieAFactorApartUpToTheEnd) {
  EXPECT_THAT(RungsUpTo(1, 3, 27), ElementsAre(1, 3, 9));
  EXPECT_THAT(RungsUpTo(1, 3, 26), ElementsAre(1, 3));
  EXPECT_THAT(RungsUpTo(2, 4, 100), ElementsAre(2, 8));
  EXPECT_THAT(RungsUpTo(10, 3, 20), IsEmpty());
  const Race race(PlanOf(R"({"asha":{}})", 27), false, 1);
  EXPECT_EQ(race.RungAt(1), 0);
  EXPECT_EQ(race.RungAt(2), 1);
  EXPECT_EQ(race.RungAt(9), 2);
  EXPECT_EQ(race.RungAt(27), race.top());
}

}  // namespace
}  // namespace hpsearch::stopping
