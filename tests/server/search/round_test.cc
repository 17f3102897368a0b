#include "server/search/round.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <thread>

#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

constexpr char kOneAxis[] = R"({"x": {"linspace": {"start": 0, "stop": 4, "num": 5}}})";

Rounds OpenOn(const SearchSpace& space, std::optional<Refinement> refine) {
  absl::StatusOr<Rounds> rounds = Rounds::Open(space, Search{refine}, 0);
  EXPECT_TRUE(rounds.ok()) << rounds.status();
  return *std::move(rounds);
}

// The values of one parameter in a round of one box, in the round's order, each once.
std::vector<double> Axis(const SearchSpace& space, const Round& round, const std::string& name) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < round.size(); ++i) {
    const double value = std::get<double>(*space.Value(round.At(i), name));
    if (std::find(values.begin(), values.end(), value) == values.end()) values.push_back(value);
  }
  return values;
}

using testing::ElementsAre;
using testing::IsEmpty;

TEST(RoundsTest, FirstRoundIsTheGridAsWritten) {
  const SearchSpace space = SpaceOf(R"({"a": {"values": [1, 2]}, "b": {"values": [10, 20, 30]}})");
  const Rounds rounds = OpenOn(space, std::nullopt);
  EXPECT_TRUE(rounds.last());
  EXPECT_EQ(rounds.trials(), 6);
  EXPECT_EQ(model::ToJson(space.Values(rounds.PointOf(1))), R"({"a":1.0,"b":10.0})");
  EXPECT_EQ(model::ToJson(space.Values(rounds.PointOf(2))), R"({"a":1.0,"b":20.0})");
  EXPECT_EQ(model::ToJson(space.Values(rounds.PointOf(6))), R"({"a":2.0,"b":30.0})");
  EXPECT_THAT(rounds.EarlierEqual(6), IsEmpty());
}

TEST(RoundsTest, NoParametersAreOneTrial) {
  const SearchSpace space;
  Rounds rounds = OpenOn(space, Refinement{.rounds = 2});
  EXPECT_EQ(rounds.trials(), 1);
  rounds.Refine({1});
  EXPECT_EQ(rounds.trials(), 2);
  EXPECT_THAT(rounds.EarlierEqual(2), ElementsAre(1));
  EXPECT_TRUE(rounds.last());
}

TEST(RoundsTest, WindowGoesFromOneStepBelowToOneAboveAndHalves) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, Refinement{.rounds = 4});
  rounds.Refine({3});  // x = 2
  EXPECT_EQ(rounds.current().number(), 2);
  EXPECT_EQ(rounds.current().first_trial(), 6);
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(1, 1.5, 2, 2.5, 3));
  rounds.Refine({7});  // x = 1.5
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(1, 1.25, 1.5, 1.75, 2));
  EXPECT_FALSE(rounds.last());
  rounds.Refine({14});  // x = 1.75
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(1.5, 1.625, 1.75, 1.875, 2));
  EXPECT_TRUE(rounds.last());
  EXPECT_EQ(rounds.trials(), 20);
}

// The best of round 1 is taken over into round 2 and stays the best, under its first number.
TEST(RoundsTest, ACentreThatStaysTheBestIsLookedAtMoreClosely) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, Refinement{.rounds = 3});
  rounds.Refine({3});
  rounds.Refine({3});
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(1.5, 1.75, 2, 2.25, 2.5));
}

TEST(RoundsTest, ACentreOfAnEarlierRoundHasThatRoundsStep) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, Refinement{.rounds = 3});
  rounds.Refine({2});  // 0, 0.5, 1, 1.5, 2: x = 4 is not in it
  rounds.Refine({5});
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(3, 3.5, 4, 4.5, 5));
}

TEST(RoundsTest, WindowFollowsTheBestPastTheEdge) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, Refinement{.rounds = 3});
  rounds.Refine({5});
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(3, 3.5, 4, 4.5, 5));
  rounds.Refine({10});
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(4.5, 4.75, 5, 5.25, 5.5));
}

TEST(RoundsTest, WiderBoxesDivideTheStepMore) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, Refinement{.rounds = 3, .num = 9});
  rounds.Refine({3});
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(1, 1.25, 1.5, 1.75, 2, 2.25, 2.5, 2.75, 3));
  rounds.Refine({10});
  EXPECT_EQ(Axis(space, rounds.current(), "x")[5] - Axis(space, rounds.current(), "x")[4], 1.0 / 16);
}

TEST(RoundsTest, DescendingAxesAreRefinedTheSameWay) {
  const SearchSpace space = SpaceOf(R"({"x": {"linspace": {"start": 4, "stop": 0, "num": 5}}})");
  Rounds rounds = OpenOn(space, Refinement{.rounds = 2});
  rounds.Refine({1});
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(5, 4.5, 4, 3.5, 3));
}

TEST(RoundsTest, PlacesThatAreNotAllowedAreLeftOut) {
  const SearchSpace space = SpaceOf(R"({
    "dropout": {"linspace": {"start": 0, "stop": 0.8, "num": 5}},
    "rate": {"linspace": {"start": 1, "stop": 5, "num": 5}, "bounds": [1.5, 4]}})",
                                    {{"dropout", kDropout}});
  Rounds rounds = OpenOn(space, Refinement{.rounds = 2});
  rounds.Refine({1});  // dropout 0, rate 1
  EXPECT_THAT(Axis(space, rounds.current(), "dropout"),
              ElementsAre(0, testing::DoubleEq(0.1), testing::DoubleEq(0.2)));
  EXPECT_THAT(Axis(space, rounds.current(), "rate"), ElementsAre(1.5, 2));
  EXPECT_EQ(rounds.current().size(), 6);
}

TEST(RoundsTest, AnAxisWithNothingAllowedInItsWindowStays) {
  const SearchSpace space = SpaceOf(R"({"x": {"linspace": {"start": 0, "stop": 4, "num": 5}, "bounds": [0, 1]},
                                        "y": {"linspace": {"start": 0, "stop": 1, "num": 2}}})");
  Rounds rounds = OpenOn(space, Refinement{.rounds = 2});
  rounds.Refine({9});  // x = 4, y = 0
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(4));
  EXPECT_EQ(rounds.current().size(), 5);
}

TEST(RoundsTest, ListedPlacesStayAtTheCentres) {
  const SearchSpace space = SpaceOf(R"({
    "x": {"linspace": {"start": 0, "stop": 2, "num": 3}, "include": [9]},
    "kind": {"values": [1, 2]},
    "units": {"linspace": {"start": 1, "stop": 9, "num": 3}},
    "one": {"linspace": {"start": 3, "stop": 4, "num": 1}},
    "constant": 7})",
                                    {{"units", kInteger}});
  Rounds rounds = OpenOn(space, Refinement{.rounds = 3});
  const auto trial = [&](const Point& point) { return 1 + *rounds.rounds()[0].IndexOf(point); };
  rounds.Refine({trial({LatticePlace(1), ListedPlace(1), ListedPlace(2), LatticePlace(0), ListedPlace(0)})});
  EXPECT_EQ(rounds.current().size(), 5);
  EXPECT_EQ(model::ToJson(space.Values(rounds.current().At(1))),
            R"({"x":0.5,"kind":2.0,"units":9,"one":3.0,"constant":7.0})");
  rounds.Refine({trial({ListedPlace(0), ListedPlace(0), ListedPlace(0), LatticePlace(0), ListedPlace(0)})});
  ASSERT_EQ(rounds.current().size(), 1);
  EXPECT_EQ(model::ToJson(space.Values(rounds.current().At(0))),
            R"({"x":9.0,"kind":1.0,"units":1,"one":3.0,"constant":7.0})");
  EXPECT_THAT(rounds.EarlierEqual(rounds.trials()), ElementsAre(19));
}

TEST(RoundsTest, AFinePointThatIsACoarseOneIsFound) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, Refinement{.rounds = 3});
  rounds.Refine({3});  // trials 6..10: 1, 1.5, 2, 2.5, 3
  EXPECT_THAT(rounds.EarlierEqual(6), ElementsAre(2));
  EXPECT_THAT(rounds.EarlierEqual(7), IsEmpty());
  EXPECT_THAT(rounds.EarlierEqual(8), ElementsAre(3));
  rounds.Refine({7});  // trials 11..15: 1, 1.25, 1.5, 1.75, 2
  EXPECT_THAT(rounds.EarlierEqual(11), ElementsAre(2, 6));
  EXPECT_THAT(rounds.EarlierEqual(13), ElementsAre(7));
  EXPECT_THAT(rounds.EarlierEqual(15), ElementsAre(3, 8));
  EXPECT_EQ(rounds.RoundOf(5).number(), 1);
  EXPECT_EQ(rounds.RoundOf(6).number(), 2);
  EXPECT_EQ(rounds.RoundOf(15).number(), 3);
}

TEST(RoundsTest, BoxesComeOneAfterTheOtherAPointOnce) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, Refinement{.rounds = 2, .around = 2});
  rounds.Refine({3, 3, 2, 5});  // x = 2, then x = 1: the same trial twice is one centre, and a third too many
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(1, 1.5, 2, 2.5, 3, 0, 0.5));
  EXPECT_EQ(rounds.current().size(), 7);
}

TEST(RoundsTest, EachBoxHasTheStepOfItsOwnCentre) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, Refinement{.rounds = 3, .around = 2});
  rounds.Refine({1});     // -1, -0.5, 0, 0.5, 1
  rounds.Refine({9, 5});  // x = 0.5 of round 2, x = 4 of round 1
  EXPECT_THAT(Axis(space, rounds.current(), "x"), ElementsAre(0, 0.25, 0.5, 0.75, 1, 3, 3.5, 4, 4.5, 5));
}

// Nothing is computed late behind a const: TSan looks at this one.
TEST(RoundsTest, ManyThreadsMayReadAtOnce) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, Refinement{.rounds = 3, .around = 2});
  rounds.Refine({1, 3});
  const auto read = [&](std::int64_t& sum) {
    for (std::int64_t trial = 1; trial <= rounds.trials(); ++trial) {
      for (const std::int64_t equal : rounds.EarlierEqual(trial)) sum += equal;
      sum += *rounds.RoundOf(trial).IndexOf(rounds.PointOf(trial));
    }
  };
  std::array<std::int64_t, 4> sums = {};
  std::vector<std::thread> threads;
  for (std::int64_t& sum : sums) threads.emplace_back([&read, &sum] { read(sum); });
  for (std::thread& thread : threads) thread.join();
  EXPECT_GT(sums[0], 0);
  EXPECT_THAT(sums, testing::Each(sums[0]));
}

TEST(RoundsTest, SaysWhatIsTooLarge) {
  std::string large = "{";
  for (int i = 0; i < 11; ++i) {
    large +=
        (i > 0 ? ", \"p" : "\"p") + std::to_string(i) + R"(": {"linspace": {"start": 0, "stop": 1, "num": 60}})";
  }
  const SearchSpace space = SpaceOf(large + "}");
  EXPECT_EQ(Rounds::Open(space, Search{}, 0).status().code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(MostTrials(space, Search{}), std::nullopt);

  const SearchSpace one = SpaceOf(kOneAxis);
  EXPECT_EQ(Rounds::Open(one, Search{Refinement{.rounds = 60}}, 0).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(MostTrialsTest, CountsGridAndBoxes) {
  const SearchSpace space = SpaceOf(R"({
    "learning_rate": {"logspace": {"start": -3, "stop": 0, "num": 4}},
    "dropout": {"logspace": {"start": -2, "stop": -0.30103, "num": 4}},
    "max_norm": {"logspace": {"start": 0, "stop": 1, "num": 3}},
    "units": {"values": [1, 2]}})");
  EXPECT_EQ(MostTrials(space, Search{}), 96);
  EXPECT_EQ(MostTrials(space, Search{Refinement{.rounds = 1}}), 96);
  EXPECT_EQ(MostTrials(space, Search{Refinement{.rounds = 3}}), 96 + 2 * 125);
  EXPECT_EQ(MostTrials(space, Search{Refinement{.rounds = 2, .num = 7, .around = 3}}), 96 + 3 * 343);
}

// 4 x 3 points: in any three trials in a row from the first, every level of b comes once.
TEST(RoundsTest, ASpreadGridHasEachPointOnceInAnOrderOfItsOwn) {
  const SearchSpace space = SpaceOf(
      R"({"a": {"linspace": {"start": 1, "stop": 4, "num": 4}}, "b": {"linspace": {"start": 1, "stop": 3, "num": 3}}})");
  Rounds rounds =
      Rounds::Open(space, Search{.refine = Refinement{.rounds = 2}, .order = Search::Order::kSpread}, 0).value();
  ASSERT_EQ(rounds.trials(), 12);
  std::vector<Point> points;
  for (std::int64_t trial = 1; trial <= 12; ++trial) {
    const Point point = rounds.PointOf(trial);
    EXPECT_EQ(std::ranges::count(points, point), 0) << trial;
    points.push_back(point);
    EXPECT_EQ(rounds.current().IndexOf(point), trial - 1);
  }
  EXPECT_NE(points[0], OpenOn(space, std::nullopt).PointOf(1)) << "the first is the middle";
  for (std::size_t from = 0; from < 12; from += 3) {
    EXPECT_TRUE(points[from][1] != points[from + 1][1] && points[from + 1][1] != points[from + 2][1] &&
                points[from][1] != points[from + 2][1]);
  }
  rounds.Refine({3});
  EXPECT_EQ(rounds.EarlierEqual(rounds.current().first_trial() + *rounds.current().IndexOf(rounds.PointOf(3))),
            std::vector<std::int64_t>{3});
}

}  // namespace
}  // namespace hpsearch::search
