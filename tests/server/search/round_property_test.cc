// Whole searches over random spaces with a random objective, against the contract's definition of refinement,
// computed point by point.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <bit>
#include <cmath>
#include <map>
#include <set>

#include "server/search/round.h"
#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

std::string AnyParameter() {
  const std::string num = std::to_string(*rc::gen::inRange(1, 5));
  const std::string endpoint = *rc::gen::arbitrary<bool>() ? "true" : "false";
  const std::string arguments = ", \"num\": " + num + ", \"endpoint\": " + endpoint + "}";
  switch (*rc::gen::inRange(0, 6)) {
    case 0:
      return "0.25";
    case 1:
      return R"({"values": [3, 1, 2]})";
    case 2:
      return R"({"logspace": {"start": -3, "stop": -0.5)" + arguments + "}";
    case 3:
      return R"({"linspace": {"start": 0, "stop": 0.7)" + arguments + R"(, "bounds": [0.01, 0.8]})";
    case 4:
      return R"({"geomspace": {"start": 0.3, "stop": 0.01)" + arguments + R"(, "include": [0.9]})";
    default:
      return R"({"linspace": {"start": 0.9, "stop": 0.2)" + arguments + "}";
  }
}

SearchSpace AnySpace() {
  std::string json = "{";
  const int parameters = *rc::gen::inRange(0, 4);
  for (int i = 0; i < parameters; ++i)
    json += (i > 0 ? ", \"p" : "\"p") + std::to_string(i) + "\": " + AnyParameter();
  return SpaceOf(json + "}");
}

Refinement AnyRefinement() {
  Refinement refine = {
      .rounds = *rc::gen::inRange(2, 5), .num = *rc::gen::element(5, 7), .around = *rc::gen::inRange(1, 5)};
  if (*rc::gen::arbitrary<bool>()) refine.shrink = *rc::gen::element(0.5, 0.3, 2.0 / 3, 0.75);
  return refine;
}

// What a trial reaches: a function of its point, with ties.
int Objective(const Point& point, int salt) {
  std::uint64_t hash = static_cast<std::uint64_t>(salt);
  for (const Place& place : point) {
    const auto bits =
        static_cast<std::uint64_t>(place.numerator * 31 + place.denominator * 7 + (place.listed ? 3 : 0));
    hash = (hash ^ bits) * 0x9E3779B97F4A7C15ULL;
    hash ^= hash >> 29;
  }
  return static_cast<int>(hash % 50);
}

// The best trials, best first, ties to the lower number.
std::vector<std::int64_t> Best(const Rounds& rounds, int salt, std::int64_t count) {
  std::vector<std::pair<int, std::int64_t>> order;
  for (std::int64_t trial = 1; trial <= rounds.trials(); ++trial) {
    if (rounds.EarlierEqual(trial).empty()) order.emplace_back(Objective(rounds.PointOf(trial), salt), trial);
  }
  std::sort(order.begin(), order.end());
  std::vector<std::int64_t> best;
  for (const auto& [objective, trial] : order) {
    if (static_cast<std::int64_t>(best.size()) < count) best.push_back(trial);
  }
  return best;
}

// A round by the definition: its points in order, and the finest step (as the first lattice's share) by which each
// of them was looked at.
struct Oracle {
  std::vector<Point> points;
  std::map<Point, Place> steps;
};

// By the section, whose fractions are these.
Place Shrunk(const Place& step, const Refinement& refine) {
  const std::map<double, Place> fractions = {{0.5, LatticePlace(1, 2)},
                                             {0.3, LatticePlace(3, 10)},
                                             {2.0 / 3, LatticePlace(2, 3)},
                                             {0.75, LatticePlace(3, 4)}};
  const Place by = refine.shrink ? fractions.at(*refine.shrink) : LatticePlace(2, refine.num - 1);
  return LatticePlace(step.numerator * by.numerator, step.denominator * by.denominator);
}

Place Sum(const Place& a, const Place& b) {
  return LatticePlace(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);
}

void AddBox(const SearchSpace& space, const Point& centre, const Place& step, std::int64_t num, Oracle& round) {
  std::vector<Point> points = {{}};
  for (std::size_t axis = 0; axis < centre.size(); ++axis) {
    const Parameter& parameter = space.parameters()[axis];
    std::vector<Place> places;
    if (parameter.refinable() && !centre[axis].listed) {
      for (std::int64_t i = -(num - 1) / 2; i <= (num - 1) / 2; ++i) {
        const Place place = Sum(centre[axis], LatticePlace(i * step.numerator, step.denominator));
        if (parameter.Allows(place)) places.push_back(place);
      }
    }
    if (places.empty()) places = {centre[axis]};
    std::vector<Point> longer;
    for (const Point& point : points) {
      for (const Place& place : places) {
        longer.push_back(point);
        longer.back().push_back(place);
      }
    }
    points = std::move(longer);
  }
  for (const Point& point : points) {
    const auto [found, is_new] = round.steps.try_emplace(point, step);
    if (is_new) round.points.push_back(point);
    found->second = std::min(found->second, step);
  }
}

TEST(RoundPropertyTest, RoundsAreAsTheContractDefinesThem) {
  EXPECT_TRUE(rc::check("each round, point by point", [] {
    const SearchSpace space = AnySpace();
    const Refinement refine = AnyRefinement();
    const int salt = *rc::gen::inRange(0, 1000);
    absl::StatusOr<Rounds> opened = Rounds::Open(space, Search{refine}, 0);
    RC_ASSERT(opened.ok());
    Rounds rounds = *std::move(opened);
    absl::StatusOr<Rounds> again = Rounds::Open(space, Search{refine}, 0);

    std::map<Point, std::int64_t> first;  // the lowest number that each point has had
    std::map<Point, Place> finest;
    std::int64_t next_trial = 1;
    Oracle expected;
    for (std::int64_t i = 0; i < rounds.current().size(); ++i) {
      expected.points.push_back(rounds.current().At(i));
      expected.steps[expected.points.back()] = LatticePlace(1);
    }
    for (;;) {
      const Round& round = rounds.current();
      RC_ASSERT(round.first_trial() == next_trial);
      RC_ASSERT(round.size() == static_cast<std::int64_t>(expected.points.size()));
      RC_ASSERT(std::set<Point>(expected.points.begin(), expected.points.end()).size() == expected.points.size());
      for (std::int64_t i = 0; i < round.size(); ++i) {
        const Point& point = expected.points[static_cast<std::size_t>(i)];
        const std::int64_t trial = next_trial + i;
        RC_ASSERT(round.At(i) == point);
        RC_ASSERT(round.IndexOf(point) == i);
        RC_ASSERT(rounds.PointOf(trial) == point);
        RC_ASSERT(rounds.RoundOf(trial).number() == round.number());
        const auto earlier = first.find(point);
        const std::vector<std::int64_t> equal = rounds.EarlierEqual(trial);
        RC_ASSERT(equal.empty() == (earlier == first.end()));
        if (!equal.empty()) RC_ASSERT(equal.front() == earlier->second);
        for (const std::int64_t other : equal) RC_ASSERT(rounds.PointOf(other) == point);
      }
      for (const Point& point : expected.points) first.emplace(point, next_trial++);
      for (const auto& [point, step] : expected.steps) {
        const auto [found, is_new] = finest.try_emplace(point, step);
        found->second = std::min(found->second, step);
      }
      if (rounds.last()) break;

      const std::vector<std::int64_t> centres = Best(rounds, salt, refine.around);
      expected = {};
      for (const std::int64_t centre : centres) {
        const Point point = rounds.PointOf(centre);
        AddBox(space, point, Shrunk(finest.at(point), refine), refine.num, expected);
      }
      rounds.Refine(centres);
      again->Refine(centres);
      // The same centres, the same rounds.
      RC_ASSERT(again->trials() == rounds.trials());
      RC_ASSERT(again->PointOf(again->trials()) == rounds.PointOf(rounds.trials()));
    }
    RC_ASSERT(static_cast<std::int64_t>(rounds.rounds().size()) == refine.rounds);
    RC_ASSERT(rounds.trials() <= *MostTrials(space, Search{refine}));
  }));
}

TEST(RoundPropertyTest, StepHalvesFromRoundToRound) {
  EXPECT_TRUE(rc::check("whichever trial is the best", [] {
    const SearchSpace space = SpaceOf(R"({"x": {"logspace": {"start": -3, "stop": 0, "num": 4}},
                                          "y": {"linspace": {"start": 0, "stop": 1, "num": 3}}})");
    absl::StatusOr<Rounds> rounds = Rounds::Open(space, Search{Refinement{.rounds = 6}}, 0);
    const int salt = *rc::gen::inRange(0, 100000);
    std::int64_t denominator = 1;
    while (!rounds->last()) {
      const Point centre = rounds->PointOf(Best(*rounds, salt, 1).front());
      rounds->Refine(Best(*rounds, salt, 1));
      denominator *= 2;
      const Round& round = rounds->current();
      RC_ASSERT(round.size() == 25);
      for (std::size_t axis = 0; axis < 2; ++axis) {
        const Place first = round.At(0)[axis];
        const Place second = round.At(axis == 0 ? 5 : 1)[axis];
        RC_ASSERT(Sum(first, LatticePlace(1, denominator)) == second);
        RC_ASSERT(Sum(first, LatticePlace(2, denominator)) == centre[axis]);
      }
    }
  }));
}

// What refinement comes back to has the bits that it had first, in whatever round.
TEST(RoundPropertyTest, SamePlaceSameBits) {
  EXPECT_TRUE(rc::check("through all rounds", [] {
    const SearchSpace space = AnySpace();
    const int salt = *rc::gen::inRange(0, 1000);
    absl::StatusOr<Rounds> rounds = Rounds::Open(space, Search{AnyRefinement()}, 0);
    while (!rounds->last()) rounds->Refine(Best(*rounds, salt, 3));
    for (std::int64_t trial = 1; trial <= rounds->trials(); ++trial) {
      const std::string bits = model::ToJson(space.Values(rounds->PointOf(trial)));
      for (const std::int64_t equal : rounds->EarlierEqual(trial)) {
        RC_ASSERT(bits == model::ToJson(space.Values(rounds->PointOf(equal))));
      }
    }
  }));
}

}  // namespace
}  // namespace hpsearch::search
