#include "server/search/grid.h"

#include <gtest/gtest.h>

#include <fstream>

#include "server/search/round.h"
#include "tests/server/search/conditional_spaces.h"

namespace hpsearch::search {
namespace {

TEST(GridTest, EachDistinctPointOnceInTheOrderOfTheFile) {
  std::size_t conditional = 0;
  for (std::uint64_t seed = 0; seed < 1000; ++seed) {
    const ConditionalSpace written = ConditionalSpaces(seed).Any(6);
    const SearchSpace space = written.Read();
    conditional += space.conditional() ? 1U : 0U;
    const std::vector<Point> expected = PointsByDefinition(written, space);
    const Grid grid(space);
    ASSERT_EQ(grid.size(), static_cast<std::int64_t>(expected.size())) << written.json;
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const auto index = static_cast<std::int64_t>(i);
      ASSERT_EQ(grid.At(index), expected[i]) << written.json;
      ASSERT_EQ(grid.IndexOf(expected[i]), index) << written.json;
      ASSERT_EQ(space.Settled(expected[i]), expected[i]);
      ASSERT_EQ(space.FromCoordinates(space.ToCoordinates(expected[i])), expected[i]) << written.json;
    }
  }
  EXPECT_GT(conditional, 500u) << "the spaces are to have conditions";
}

TEST(GridTest, KnowsNoOtherPoint) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    ConditionalSpaces spaces(seed);
    const ConditionalSpace written = spaces.Any(6);
    const SearchSpace space = written.Read();
    const std::vector<Point> all = PointsByDefinition(written, space);
    const std::set<Point> points(all.begin(), all.end());
    const Grid grid(space);
    for (int i = 0; i < 50; ++i) {
      Point other;
      for (const Parameter& parameter : space.parameters()) {
        const int places = static_cast<int>(parameter.places().size());
        other.push_back(spaces.Below(3) == 0 ? Place::Absent()
                                             : parameter.places()[static_cast<std::size_t>(spaces.Below(places))]);
      }
      ASSERT_EQ(grid.IndexOf(other).has_value(), points.contains(other)) << written.json;
    }
    Point longer = all.front();
    longer.push_back(ListedPlace(0));
    EXPECT_EQ(grid.IndexOf(longer), std::nullopt);
  }
}

// In any order each point has a number of its own.
TEST(GridTest, ASpreadOrderIsOneOfTheSamePoints) {
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const ConditionalSpace written = ConditionalSpaces(seed).Any(5);
    const SearchSpace space = written.Read();
    const auto rounds = Rounds::Open(space, {.refine = {}, .order = Search::Order::kSpread}, 0);
    ASSERT_TRUE(rounds.ok());
    const std::vector<Point> all = PointsByDefinition(written, space);
    std::set<Point> points;
    for (std::int64_t trial = 1; trial <= rounds->trials(); ++trial) {
      const Point point = rounds->PointOf(trial);
      points.insert(point);
      ASSERT_EQ(rounds->current().IndexOf(point), trial - 1) << written.json;
    }
    ASSERT_EQ(points, std::set<Point>(all.begin(), all.end())) << written.json;
  }
}

// A round behind a conditional grid: around its best, what is absent stays absent, and equal points are found.
TEST(GridTest, RefinementKeepsWhatIsAbsent) {
  const Search search = {.refine = Refinement{.rounds = 3, .around = 2}};
  for (std::uint64_t seed = 0; seed < 300; ++seed) {
    ConditionalSpaces spaces(seed);
    const ConditionalSpace written = spaces.Any(5);
    const SearchSpace space = written.Read();
    absl::StatusOr<Rounds> rounds = Rounds::Open(space, search, 0);
    ASSERT_TRUE(rounds.ok());
    while (!rounds->last()) {
      const auto centre = [&] { return 1 + spaces.Below(static_cast<int>(rounds->trials())); };
      rounds->Refine({centre(), centre()});
    }
    ASSERT_LE(rounds->trials(), *MostTrials(space, search));
    std::map<Point, std::int64_t> first;
    for (std::int64_t trial = 1; trial <= rounds->trials(); ++trial) {
      const Point point = rounds->PointOf(trial);
      ASSERT_EQ(space.Settled(point), point) << written.json;
      const auto [earlier, is_new] = first.emplace(point, trial);
      const std::vector<std::int64_t> equal = rounds->EarlierEqual(trial);
      ASSERT_EQ(equal.empty(), is_new) << written.json;
      if (!is_new) {
        ASSERT_EQ(equal.front(), earlier->second);
      }
    }
  }
}

std::int64_t ResidentKilobytes() {
  std::ifstream status("/proc/self/status");
  for (std::string word; status >> word;) {
    if (word != "VmRSS:") continue;
    std::int64_t kilobytes = 0;
    status >> kilobytes;
    return kilobytes;
  }
  return 0;
}

TEST(GridTest, ABillionPointsCostNoMemory) {
  std::string json = R"({"kind": {"values": ["a", "b"]})";
  for (int i = 0; i < 9; ++i) {
    json += ", \"x" + std::to_string(i) + R"(": {"linspace": {"start": 0, "stop": 1, "num": 10})" +
            (i % 2 == 0 ? R"(, "when": {"kind": "a"}})" : "}");
  }
  json += "}";
  const SearchSpace space = SpaceOf(json, {{"kind", {.type = model::KeyType::kText}}});
  const std::int64_t before = ResidentKilobytes();
  const Grid grid(space);
  ASSERT_EQ(grid.size(), 1'000'000'000 + 10'000);
  for (std::int64_t i = 0; i < *grid.size(); i += 999'983) ASSERT_EQ(grid.IndexOf(grid.At(i)), i);
  EXPECT_LT(ResidentKilobytes() - before, 2000);
}

TEST(GridTest, SaysWhereItIsTooLarge) {
  std::string json;
  for (int i = 0; i < 7; ++i) {
    json += (i > 0 ? ", \"x" : "{\"x") + std::to_string(i) +
            R"(": {"linspace": {"start": 0, "stop": 1, "num": 1000}})";
  }
  EXPECT_EQ(Grid(SpaceOf(json + "}")).size(), std::nullopt);
}

// Each of forty truth values decides of a parameter of its own behind them all: 2^40 different prefixes.
TEST(GridTest, SaysWhereConditionsAreTooEntangled) {
  std::string json = "{\"first\": 1";
  std::string hanging;
  std::map<std::string, model::KeyRule> rules;
  for (int i = 0; i < 40; ++i) {
    const std::string number = std::to_string(i);
    json += ", \"s" + number + R"(": {"values": [true, false]})";
    hanging += ", \"x" + number + R"(": {"values": [1, 2], "when": {"s)" + number + R"(": true}})";
    rules["s" + number] = {.type = model::KeyType::kBoolean};
  }
  const SearchSpace space = SpaceOf(json + hanging + "}", rules);
  const Grid grid(space);
  EXPECT_TRUE(grid.too_entangled());
  EXPECT_EQ(grid.size(), std::nullopt);
  EXPECT_EQ(grid.IndexOf(Point(81, ListedPlace(0))), std::nullopt);
}

}  // namespace
}  // namespace hpsearch::search
