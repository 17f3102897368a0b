#include "server/strategy/tpe.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <set>
#include <vector>

#include "server/strategy/random.h"
#include "tests/server/strategy/sequences.h"

namespace hpsearch::strategy {
namespace {

using Kind = Dimension::Kind;
using State = Observation::State;

std::unique_ptr<Sampler> MakeTpe(Cube cube, std::uint64_t seed, Settle settle, int startup = 10) {
  const model::Node settings(model::Node::Mapping{
      {"trials", 100}, {"batch", model::Node()}, {"startup", startup}, {"candidates", 24}, {"gamma", 0.1}});
  return std::get<1>(TpeKind().make)({.cube = std::move(cube), .settle = std::move(settle), .seed = seed},
                                     settings);
}

void AsItIs(Coordinates& /*at*/) {}

// To the middle of its level of as many as the cube's dimension has.
Settle ToLevels(const Cube& cube) {
  return [cube](Coordinates& at) {
    for (std::size_t i = 0; i < cube.size(); ++i) {
      const auto levels = static_cast<double>(cube[i].levels);
      at[i] = (std::floor(at[i] * levels) + 0.5) / levels;
    }
  };
}

using Objective = std::function<double(const Coordinates&)>;

std::vector<Observation> Play(Sampler& sampler, const Objective& objective, std::int64_t trials) {
  std::vector<Observation> history;
  for (std::int64_t number = 1; number <= trials; ++number) {
    const Coordinates at = sampler.Suggest(history, number, 1).at(0);
    history.push_back({.number = number, .at = at, .state = State::kMeasured, .objective = objective(at)});
  }
  return history;
}

double Best(const std::vector<Observation>& history) {
  return std::ranges::min_element(history, {}, &Observation::objective)->objective;
}

double Bowl(const Coordinates& at) {
  double sum = 0;
  for (const double x : at) sum += (x - 0.3) * (x - 0.3);
  return sum;
}

TEST(Tpe, ComesNearerThanChance) {
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto random = MakeSequence(RandomKind(), 4, seed);
    double chance = 1e9;
    for (int i = 0; i < 1000; ++i) chance = std::min(chance, Bowl(random->At(i)));
    // With a tenth of its trials.
    EXPECT_LT(Best(Play(*MakeTpe(Cube(4), seed, &AsItIs), &Bowl, 100)), chance / 2) << seed;
  }
}

TEST(Tpe, IsAFunctionOfItsHistory) {
  const auto sampler = MakeTpe(Cube(3), 4, &AsItIs);
  const std::vector<Observation> history = Play(*sampler, &Bowl, 30);
  EXPECT_EQ(sampler->Suggest(history, 31, 4), MakeTpe(Cube(3), 4, &AsItIs)->Suggest(history, 31, 4));
  EXPECT_NE(sampler->Suggest(history, 31, 1), MakeTpe(Cube(3), 5, &AsItIs)->Suggest(history, 31, 1));
  EXPECT_NE(sampler->Suggest(history, 31, 1), sampler->Suggest(history, 32, 1));
  // Objectives are ranked: another scale changes nothing.
  std::vector<Observation> scaled = history;
  for (Observation& trial : scaled) trial.objective = std::exp(5 * trial.objective);
  EXPECT_EQ(sampler->Suggest(history, 31, 4), sampler->Suggest(scaled, 31, 4));
}

// The points of a batch are those that would come one by one, the earlier ones running.
TEST(Tpe, CountsABatchAsRunning) {
  const auto sampler = MakeTpe(Cube(2), 8, &AsItIs);
  for (const std::int64_t trials : {0, 8, 40}) {
    std::vector<Observation> history = Play(*sampler, &Bowl, trials);
    const std::vector<Coordinates> batch = sampler->Suggest(history, trials + 1, 5);
    for (const Coordinates& at : batch) {
      const auto number = static_cast<std::int64_t>(history.size()) + 1;
      EXPECT_EQ(sampler->Suggest(history, number, 1).at(0), at) << number;
      history.push_back({.number = number, .at = at, .state = State::kRunning});
    }
  }
}

double MeanDistance(Sampler& sampler, const std::vector<Observation>& history, const Coordinates& from) {
  double sum = 0;
  for (std::int64_t number = 101; number <= 200; ++number) {
    const Coordinates at = sampler.Suggest(history, number, 1).at(0);
    sum += std::hypot(at[0] - from[0], at[1] - from[1]) / 100;
  }
  return sum;
}

TEST(Tpe, KeepsAwayFromWhatRunsAndWhatDiverged) {
  const auto sampler = MakeTpe(Cube(2), 3, &AsItIs);
  const std::vector<Observation> history = Play(*sampler, &Bowl, 40);
  const Coordinates best = std::ranges::min_element(history, {}, &Observation::objective)->at;
  const double alone = MeanDistance(*sampler, history, best);
  for (const State state : {State::kRunning, State::kDiverged}) {
    std::vector<Observation> more = history;
    for (std::int64_t number = 41; number <= 60; ++number)
      more.push_back({.number = number, .at = best, .state = state});
    EXPECT_GT(MeanDistance(*sampler, more, best), 1.2 * alone);
  }
}

// A table's row answers all points near it with the same: it is not to be asked again and again.
TEST(Tpe, KeepsAwayFromWhatSaysNothingNew) {
  const auto sampler = MakeTpe(Cube(2), 3, &AsItIs);
  std::vector<Observation> alike = Play(*sampler, &Bowl, 40);
  const Observation best = *std::ranges::min_element(alike, {}, &Observation::objective);
  std::vector<Observation> differing = alike;
  for (std::int64_t number = 41; number <= 44; ++number) {
    Observation near = best;
    near.number = number;
    near.at[0] += 0.001 * static_cast<double>(number - 40);
    alike.push_back(near);
    near.objective -= 1e-9 * static_cast<double>(number);
    differing.push_back(near);
  }
  EXPECT_GT(MeanDistance(*sampler, alike, best.at), 1.5 * MeanDistance(*sampler, differing, best.at));
}

// Nothing measured yet, or nothing that can be: points come all the same, none twice.
TEST(Tpe, GoesOnWithoutResults) {
  for (const State state : {State::kRunning, State::kDiverged}) {
    const auto sampler = MakeTpe(Cube(2), 6, &AsItIs);
    std::vector<Observation> history;
    std::set<Coordinates> seen;
    for (std::int64_t number = 1; number <= 40; ++number) {
      history.push_back({.number = number, .at = sampler->Suggest(history, number, 1).at(0), .state = state});
      EXPECT_TRUE(seen.insert(history.back().at).second);
    }
  }
}

TEST(Tpe, TriesEveryPointOfASmallSpaceOnce) {
  const Cube cube = {{.kind = Kind::kOrdinal, .levels = 6}, {.kind = Kind::kCategorical, .levels = 5}};
  const auto sampler = MakeTpe(cube, 1, ToLevels(cube));
  const std::vector<Observation> history = Play(*sampler, &Bowl, 30);
  std::set<Coordinates> seen;
  for (const Observation& trial : history) EXPECT_TRUE(seen.insert(trial.at).second) << trial.number;
  // And then again.
  EXPECT_TRUE(seen.contains(sampler->Suggest(history, 31, 1).at(0)));
}

// What another study has found is known, and not tried here: the best of it comes again, where an own trial does
// not.
TEST(Tpe, TriesAgainWhatAnotherStudyHas) {
  const Cube cube = {{.kind = Kind::kOrdinal, .levels = 6}, {.kind = Kind::kCategorical, .levels = 5}};
  const auto sampler = MakeTpe(cube, 1, ToLevels(cube), /*startup=*/25);
  std::vector<Observation> history = Play(*sampler, &Bowl, 30);
  const Coordinates best = std::ranges::min_element(history, {}, &Observation::objective)->at;
  for (Observation& trial : history) trial.elsewhere = true;
  std::set<Coordinates> seen;
  for (std::int64_t number = 31; number <= 36; ++number) {
    const Coordinates at = sampler->Suggest(history, number, 1).at(0);
    EXPECT_TRUE(seen.insert(at).second) << number;
    history.push_back({.number = number, .at = at, .state = State::kMeasured, .objective = Bowl(at)});
  }
  EXPECT_TRUE(seen.contains(best));
}

// The second level of the first dimension is the better one, and has a dimension of its own, which matters.
TEST(Tpe, LearnsUnderConditions) {
  const Cube cube = {{.kind = Kind::kCategorical, .levels = 2}, {}, {}};
  const auto settle = [](Coordinates& at) {
    at[0] = at[0] < 0.5 ? 0.25 : 0.75;
    if (at[0] < 0.5) at[2] = kAbsent;
  };
  const Objective objective = [](const Coordinates& at) {
    const double first = (at[1] - 0.6) * (at[1] - 0.6);
    return IsAbsent(at[2]) ? 0.2 + first : first + (at[2] - 0.9) * (at[2] - 0.9);
  };
  const std::vector<Observation> history = Play(*MakeTpe(cube, 2, settle), objective, 80);
  int at_branch = 0;
  for (const Observation& trial : history) {
    EXPECT_EQ(IsAbsent(trial.at[2]), trial.at[0] < 0.5);
    at_branch += trial.number > 40 && !IsAbsent(trial.at[2]) ? 1 : 0;
  }
  EXPECT_GT(at_branch, 28);
  EXPECT_LT(Best(history), 1e-3);
}

TEST(Tpe, BeginsWithAsManyPointsOfSobolAsItIsTold) {
  const auto early = Play(*MakeTpe(Cube(2), 7, &AsItIs, 4), &Bowl, 8);
  const auto late = Play(*MakeTpe(Cube(2), 7, &AsItIs, 8), &Bowl, 8);
  // Eight of Sobol's points lie one in each eighth of each side.
  std::set<int> eighths;
  for (const Observation& trial : late) eighths.insert(static_cast<int>(trial.at[0] * 8));
  EXPECT_EQ(eighths.size(), 8u);
  for (std::size_t i = 0; i < 4; ++i) EXPECT_EQ(early[i].at, late[i].at);
  EXPECT_NE(early[4].at, late[4].at);
}

}  // namespace
}  // namespace hpsearch::strategy
