#include "server/search/drawn_points.h"

#include <gtest/gtest.h>

#include "server/search/round.h"
#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

Search Section(const std::string& json) {
  model::Faults faults;
  Search search = Search::Read(Json(json), faults);
  EXPECT_TRUE(faults.empty()) << model::ToStatus(faults);
  return search;
}

constexpr char kTwoByThree[] =
    R"({"a": {"values": [1, 2]}, "b": {"linspace": {"start": 0, "stop": 1, "num": 3}}})";
constexpr char kRanges[] =
    R"({"a": {"range": {"low": 0.001, "high": 1, "scale": "log"}}, "b": {"range": {"low": 0, "high": 1}}})";

TEST(DrawnPoints, AreThoseOfTheSequence) {
  const SearchSpace space = SpaceOf(kRanges);
  const Search search = Section(R"({"random": {"trials": 100}})");
  const DrawnPoints one(space, search, 7);
  const DrawnPoints same(space, search, 7);
  const DrawnPoints other(space, search, 8);
  EXPECT_EQ(one.size(), 100);
  EXPECT_EQ(one.known(), 100);
  for (const std::int64_t index : {99, 0, 50}) {
    EXPECT_EQ(one.At(index), same.At(index));
    EXPECT_NE(one.At(index), other.At(index));
  }
}

TEST(DrawnPoints, FindWhatComesAgain) {
  const SearchSpace space = SpaceOf(kTwoByThree);
  const DrawnPoints points(space, Section(R"({"random": {"trials": 40}})"), 7);
  for (std::int64_t index = 0; index < points.size(); ++index) {
    std::optional<std::int64_t> first;
    for (std::int64_t earlier = 0; earlier < index && !first; ++earlier) {
      if (points.At(earlier) == points.At(index)) first = earlier;
    }
    EXPECT_EQ(points.FirstOf(points.At(index), index), first) << index;
  }
  EXPECT_TRUE(points.FirstOf(points.At(39), 39).has_value()) << "40 draws of six points";
}

TEST(DrawnPoints, RoundsNumberThemAndTakeOverWhatComesAgain) {
  const SearchSpace space = SpaceOf(kTwoByThree);
  const Search search = Section(R"({"random": {"trials": 40}})");
  const Rounds rounds = Rounds::Open(space, search, 7).value();
  EXPECT_EQ(rounds.trials(), 40);
  EXPECT_EQ(MostTrials(space, search), 40);
  int trained = 0;
  for (std::int64_t trial = 1; trial <= rounds.trials(); ++trial) {
    const std::vector<std::int64_t> equal = rounds.EarlierEqual(trial);
    trained += equal.empty() ? 1 : 0;
    for (const std::int64_t earlier : equal) EXPECT_EQ(rounds.PointOf(earlier), rounds.PointOf(trial));
  }
  EXPECT_LE(trained, 6);
  EXPECT_GE(trained, 2);
}

// 64 points of two axes lie as an 8 by 8 grid would: a window reaches an eighth of the range to both sides.
TEST(DrawnPoints, AreRefinedAround) {
  const SearchSpace space = SpaceOf(kRanges);
  const Search search = Section(R"({"random": {"trials": 64}, "refine": {"rounds": 3}})");
  Rounds rounds = Rounds::Open(space, search, 7).value();
  std::int64_t centre = 1;
  const auto inside = [](double u) { return u > 0.125 && u < 0.875; };
  for (;; ++centre) {
    const strategy::Coordinates at = space.ToCoordinates(rounds.PointOf(centre));
    if (inside(at[0]) && inside(at[1])) break;
  }
  const strategy::Coordinates middle = space.ToCoordinates(rounds.PointOf(centre));
  for (const double step : {1.0 / 16, 1.0 / 32}) {
    rounds.Refine({centre});
    EXPECT_EQ(rounds.current().size(), 25);
    const strategy::Coordinates first = space.ToCoordinates(rounds.current().At(0));
    const strategy::Coordinates second = space.ToCoordinates(rounds.current().At(1));
    EXPECT_NEAR(middle[0] - first[0], 2 * step, 1e-12);
    EXPECT_NEAR(second[1] - first[1], step, 1e-12);
    // The centre is in it, and is not trained again.
    const std::optional<std::int64_t> again = rounds.current().IndexOf(rounds.PointOf(centre));
    ASSERT_TRUE(again.has_value());
    const std::int64_t trial = rounds.current().first_trial() + *again;
    EXPECT_EQ(rounds.PointOf(trial), rounds.PointOf(centre));
  }
  EXPECT_TRUE(rounds.last());
}

TEST(DrawnPoints, OfTooFineARefinementAreRefused) {
  const SearchSpace space = SpaceOf(kRanges);
  EXPECT_TRUE(Rounds::Open(space, Section(R"({"random": {"trials": 64}, "refine": {"rounds": 27}})"), 0).ok());
  EXPECT_EQ(
      Rounds::Open(space, Section(R"({"random": {"trials": 64}, "refine": {"rounds": 28}})"), 0).status().code(),
      absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace hpsearch::search
