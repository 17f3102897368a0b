#include "server/strategy/gp.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <set>

#include "server/model/document.h"

namespace hpsearch::strategy {
namespace {

using State = Observation::State;
using History = std::vector<Observation>;

void SettleNothing(Coordinates& /*at*/) {}

std::unique_ptr<Sampler> Make(const Cube& cube, std::uint64_t seed = 1, Settle settle = &SettleNothing) {
  const model::Node settings(model::Node::Mapping{{"trials", 1000}});
  return std::get<1>(GpKind().make)({.cube = cube, .settle = std::move(settle), .seed = seed}, settings);
}

// Least, 0, at (0.3, 0.6, 0.6 ...).
double Valley(const Coordinates& at) {
  double sum = 0;
  for (std::size_t i = 0; i < at.size(); ++i) {
    const double off = at[i] - (i == 0 ? 0.3 : 0.6);
    sum += off * off;
  }
  return sum;
}

// Hills and valleys.
double Waves(const Coordinates& at) {
  return std::sin(13 * at[0]) * std::sin(11 * at[1]) + std::cos(9 * at[2]) * at[0];
}

// One point after the other, each measured before the next.
History Search(Sampler& sampler, std::int64_t trials, double (*function)(const Coordinates&)) {
  History history;
  for (std::int64_t number = 1; number <= trials; ++number) {
    const Coordinates at = sampler.Suggest(history, number, 1).front();
    history.push_back({.number = number, .at = at, .state = State::kMeasured, .objective = function(at)});
  }
  return history;
}

// Also NaN.
void ExpectSame(const Coordinates& a, const Coordinates& b) {
  ASSERT_EQ(a.size(), b.size());
  for (std::size_t i = 0; i < a.size(); ++i) {
    if (IsAbsent(a[i])) {
      EXPECT_TRUE(IsAbsent(b[i]));
    } else {
      EXPECT_EQ(a[i], b[i]);
    }
  }
}

TEST(Gp, FindsTheLeast) {
  const History history = Search(*Make(Cube(3)), 30, &Valley);
  const auto best = std::ranges::min(history, {}, &Observation::objective);
  EXPECT_LT(best.objective, 1e-4);  // 30 random points come to about 0.03
  for (const double coordinate : best.at) {
    EXPECT_GE(coordinate, 0);
    EXPECT_LT(coordinate, 1);
  }
}

// It goes on from there.
TEST(Gp, LearnsFromAnotherStudy) {
  History history = Search(*Make(Cube(2)), 20, &Valley);
  for (Observation& trial : history) trial.elsewhere = true;
  EXPECT_LT(Valley(Make(Cube(2), 9)->Suggest(history, 21, 1).front()), 0.02);
}

TEST(Gp, IsAFunctionOfSeedAndHistory) {
  const History one = Search(*Make(Cube(2)), 16, &Valley);
  const History same = Search(*Make(Cube(2)), 16, &Valley);
  const History other = Search(*Make(Cube(2), 2), 16, &Valley);
  for (std::size_t i = 0; i < one.size(); ++i) {
    ExpectSame(one[i].at, same[i].at);
    EXPECT_NE(one[i].at, other[i].at);
  }
}

// What was kept from call to call changes nothing: trials that end in another order than that of their numbers,
// some diverged, some still under way, and two asked for at once.
TEST(Gp, AnswersAsANewOneWould) {
  const Cube cube(3);
  const auto kept = Make(cube);
  History history;
  std::int64_t number = 1;
  for (int step = 0; step < 45; ++step) {
    const std::int64_t count = step % 7 == 0 ? 2 : 1;
    const auto points = kept->Suggest(history, number, count);
    const auto fresh = Make(cube)->Suggest(history, number, count);
    ASSERT_EQ(points.size(), static_cast<std::size_t>(count));
    for (std::size_t i = 0; i < points.size(); ++i) {
      ExpectSame(points[i], fresh[i]);
      history.push_back({.number = number++, .at = points[i]});
    }
    // Of up to four that are under way, one ends.
    std::vector<std::size_t> running;
    for (std::size_t i = 0; i < history.size(); ++i)
      if (history[i].state == State::kRunning) running.push_back(i);
    if (running.size() < 4) continue;
    Observation& ends = history[running[static_cast<std::size_t>(step * 7) % running.size()]];
    ends.state = step % 11 == 5 ? State::kDiverged : State::kMeasured;
    if (ends.state == State::kMeasured) ends.objective = Valley(ends.at);
  }
  // A history that goes back.
  history.resize(25);
  ExpectSame(kept->Suggest(history, 26, 1).front(), Make(cube)->Suggest(history, 26, 1).front());
}

TEST(Gp, ChoosesPointsOfABatchApart) {
  const auto sampler = Make(Cube(3));
  const History history = Search(*sampler, 9, &Waves);
  const auto points = sampler->Suggest(history, 10, 5);
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t j = 0; j < i; ++j) {
      const double apart =
          std::hypot(points[i][0] - points[j][0], points[i][1] - points[j][1], points[i][2] - points[j][2]);
      EXPECT_GT(apart, 0.02);
    }
  }
}

// Half of the space diverges; it is looked at once in a while at first, not again and again.
TEST(Gp, KeepsAwayFromWhatDiverges) {
  const auto sampler = Make(Cube(2));
  History history;
  int there = 0;
  for (std::int64_t number = 1; number <= 40; ++number) {
    const Coordinates at = sampler->Suggest(history, number, 1).front();
    const bool diverges = at[0] > 0.5;
    if (number > 20 && diverges) ++there;
    history.push_back({.number = number,
                       .at = at,
                       .state = diverges ? State::kDiverged : State::kMeasured,
                       .objective = diverges ? 0 : Valley(at)});
  }
  EXPECT_LE(there, 4);
  EXPECT_LT(std::ranges::min(
                history, {},
                [](const Observation& trial) { return trial.state == State::kMeasured ? trial.objective : 1; })
                .objective,
            1e-3);
}

// Three levels, and ten steps of a number that two of them have: every point once before any comes again; then
// again, since something has to be answered.
TEST(Gp, TriesEachPointOfAFiniteSpaceOnce) {
  const Cube cube = {{.kind = Dimension::Kind::kCategorical, .levels = 3},
                     {.kind = Dimension::Kind::kOrdinal, .levels = 10}};
  const Settle settle = [](Coordinates& at) {
    at[0] = (std::floor(at[0] * 3) + 0.5) / 3;
    if (at[0] < 1.0 / 3) {
      at[1] = kAbsent;
    } else {
      at[1] = ((IsAbsent(at[1]) ? 0 : std::floor(at[1] * 10)) + 0.5) / 10;
    }
  };
  const auto function = [](const Coordinates& at) {
    return IsAbsent(at[1]) ? 0.5 : std::abs(at[1] - 0.75) + (at[0] > 0.6 ? 0.2 : 0);
  };
  const auto sampler = Make(cube, 1, settle);
  const auto kept = [](const Coordinates& at) { return std::pair(at[0], IsAbsent(at[1]) ? -1 : at[1]); };
  std::set<std::pair<double, double>> tried;
  History history;
  for (std::int64_t number = 1; number <= 30; ++number) {
    const Coordinates at = sampler->Suggest(history, number, 1).front();
    // Sobol's points know nothing of levels.
    if (number > 6 && tried.size() < 21) {
      EXPECT_FALSE(tried.contains(kept(at))) << number;
    }
    tried.insert(kept(at));
    history.push_back({.number = number, .at = at, .state = State::kMeasured, .objective = function(at)});
  }
  EXPECT_EQ(tried.size(), 21u);
}

// Nothing to learn from: all alike, all diverged, none ended.
TEST(Gp, GoesOnWhereNothingIsKnown) {
  for (const State state : {State::kMeasured, State::kDiverged, State::kRunning}) {
    const auto sampler = Make(Cube(2));
    History history;
    for (std::int64_t number = 1; number <= 14; ++number) {
      const Coordinates at = sampler->Suggest(history, number, 1).front();
      for (const double coordinate : at) EXPECT_TRUE(coordinate >= 0 && coordinate < 1);
      for (const Observation& trial : history) EXPECT_NE(trial.at, at);
      history.push_back({.number = number, .at = at, .state = state, .objective = 3});
    }
  }
}

}  // namespace
}  // namespace hpsearch::strategy
