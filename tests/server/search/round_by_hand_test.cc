// Rounds that shrink otherwise than from neighbour to neighbour, and those that a user asks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/search/round.h"
#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kOneAxis[] = R"({"x": {"linspace": {"start": 0, "stop": 4, "num": 5}}})";

Rounds OpenOn(const SearchSpace& space, std::optional<Refinement> refine) {
  return Rounds::Open(space, Search{std::move(refine)}, 0).value();
}

std::vector<double> ValuesOf(const SearchSpace& space, const Round& round) {
  std::vector<double> values;
  for (std::int64_t i = 0; i < round.size(); ++i)
    values.push_back(std::get<double>(*space.Value(round.At(i), "x")));
  return values;
}

TEST(ShrinkingRounds, HaveTheirPlacesSoFarApart) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, Refinement{.rounds = 3, .shrink = 0.3});
  rounds.Refine({3});  // x = 2
  EXPECT_THAT(ValuesOf(space, rounds.current()), ElementsAre(1.4, 1.7, 2, 2.3, 2.6));
  rounds.Refine({7});  // x = 1.7
  EXPECT_EQ(rounds.PointOf(rounds.current().first_trial()),
            (Point{LatticePlace(170 - 18, 100)}));  // 0.09 a step, to the fraction
  EXPECT_THAT(rounds.EarlierEqual(13), ElementsAre(7));
  // Of a range as of a grid.
  const SearchSpace range = SpaceOf(R"({"x": {"range": {"low": 0, "high": 4}}})");
  model::Faults none;
  const Search search =
      Search::Read(Json(R"({"random": {"trials": 4}, "refine": {"rounds": 2, "shrink": 0.25}})"), none);
  Rounds drawn = Rounds::Open(range, search, 1).value();
  drawn.Refine({2});
  ASSERT_GT(drawn.current().size(), 1);
  const Place first = drawn.current().At(0)[0], second = drawn.current().At(1)[0];
  EXPECT_DOUBLE_EQ(static_cast<double>(second.numerator) / static_cast<double>(second.denominator) -
                       static_cast<double>(first.numerator) / static_cast<double>(first.denominator),
                   1.0 / 16);
}

TEST(ShrinkingRounds, ThatWouldNotBeExactAreRefused) {
  const SearchSpace space = SpaceOf(kOneAxis);
  EXPECT_EQ(Rounds::Open(space, Search{Refinement{.rounds = 6, .shrink = 0.999}}, 0).status().code(),
            absl::StatusCode::kOutOfRange);
  const SearchSpace range = SpaceOf(R"({"x": {"range": {"low": 0, "high": 4}}})");
  model::Faults none;
  const auto open = [&](int rounds) {
    return Rounds::Open(range,
                        Search::Read(Json(R"({"random": {"trials": 64}, "refine": {"shrink": 0.3, "rounds": )" +
                                          std::to_string(rounds) + "}}"),
                                     none),
                        0);
  };
  EXPECT_TRUE(open(7).ok());
  EXPECT_EQ(open(9).status().code(), absl::StatusCode::kOutOfRange);
}

TEST(RoundsByHand, FollowWhateverTheSectionSays) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, std::nullopt);
  ASSERT_TRUE(rounds.last());
  ASSERT_TRUE(rounds.RefineByHand({rounds.PointOf(4)}, std::nullopt, 5).ok());
  EXPECT_THAT(ValuesOf(space, rounds.current()), ElementsAre(2, 2.5, 3, 3.5, 4));
  EXPECT_EQ(rounds.current().first_trial(), 6);
  EXPECT_EQ(rounds.finest(), 2);
  ASSERT_TRUE(rounds.RefineByHand({rounds.PointOf(7), rounds.PointOf(1)}, 7, 5).ok());
  EXPECT_EQ(rounds.current().number(), 3);
  ASSERT_EQ(rounds.current().boxes().size(), 2U);
  // About a centre of round 2 a third of its step, about one of round 1 of that's.
  EXPECT_EQ(rounds.current().boxes()[0].axes[0].front(), LatticePlace(2));
  EXPECT_EQ(rounds.current().boxes()[0].axes[0][1], LatticePlace(13, 6));
  EXPECT_EQ(rounds.current().boxes()[1].axes[0][1], LatticePlace(-2, 3));
  EXPECT_EQ(rounds.current().centres()[1], (Point{LatticePlace(0)}));
}

TEST(RoundsByHand, HaveALatticeInCommonWhereItIsExact) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, std::nullopt);
  const auto about = [&](std::int64_t num) {
    return rounds.RefineByHand({Point{LatticePlace(0)}}, num, rounds.current().size());
  };
  ASSERT_TRUE(rounds.RefineByHand({Point{LatticePlace(2)}}, 5, 5).ok());  // halves
  ASSERT_TRUE(about(7).ok());                                             // thirds
  EXPECT_EQ(rounds.finest(), 6);
  ASSERT_TRUE(about(7).ok());  // ninths
  EXPECT_EQ(rounds.finest(), 18);
  ASSERT_TRUE(about(999).ok());  // 9 x 499
  ASSERT_TRUE(about(983).ok());  // 491 more
  ASSERT_TRUE(about(975).ok());  // 487 more
  EXPECT_EQ(rounds.finest(), 18LL * 499 * 491 * 487);
  // Halves of that are more than 2^40 at some time.
  for (int i = 0; i < 30; ++i) (void)rounds.RefineByHand({Point{LatticePlace(2)}}, 5, rounds.current().size());
  EXPECT_LE(rounds.finest(), Refinement::kMaxDivisor);
  EXPECT_EQ(rounds.finest() % (18LL * 499 * 491 * 487), 0);
}

TEST(RoundsByHand, EndTheOneBeforeThem) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, Refinement{.rounds = 2});
  ASSERT_TRUE(rounds.RefineByHand({Point{LatticePlace(2)}}, std::nullopt, 2).ok());
  EXPECT_EQ(rounds.rounds()[0].size(), 2);
  EXPECT_EQ(rounds.current().first_trial(), 3);
  EXPECT_EQ(rounds.trials(), 7);
  EXPECT_EQ(rounds.RoundOf(2).number(), 1);
  EXPECT_EQ(rounds.RoundOf(3).number(), 2);
  EXPECT_THAT(rounds.EarlierEqual(3), ElementsAre(2));  // x = 1
  EXPECT_THAT(rounds.EarlierEqual(5), IsEmpty());       // x = 2 was not reached
  // Also before its first.
  ASSERT_TRUE(rounds.RefineByHand({Point{LatticePlace(0)}}, std::nullopt, 0).ok());
  EXPECT_EQ(rounds.RoundOf(3).number(), 3);
  EXPECT_EQ(rounds.trials(), 7);
}

TEST(RoundsByHand, StayExactOrAreRefused) {
  const SearchSpace space = SpaceOf(kOneAxis);
  Rounds rounds = OpenOn(space, std::nullopt);
  absl::Status status;
  int opened = 0;
  for (; status.ok() && opened < 100; ++opened) {
    status = rounds.RefineByHand({Point{LatticePlace(2)}}, 1001, rounds.current().size());
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kOutOfRange);
  EXPECT_THAT(std::string(status.message()), HasSubstr("finer than is exact"));
  EXPECT_EQ(opened, 5);  // 500^4 < 2^40 < 500^5
  EXPECT_EQ(rounds.current().number(), 5);
  const SearchSpace many = SpaceOf(R"({"a": {"linspace": {"start": 0, "stop": 1, "num": 2}},
    "b": {"linspace": {"start": 0, "stop": 1, "num": 2}}, "c": {"linspace": {"start": 0, "stop": 1, "num": 2}},
    "d": {"linspace": {"start": 0, "stop": 1, "num": 2}}, "e": {"linspace": {"start": 0, "stop": 1, "num": 2}},
    "f": {"linspace": {"start": 0, "stop": 1, "num": 2}}, "g": {"linspace": {"start": 0, "stop": 1, "num": 2}}})");
  Rounds wide = OpenOn(many, std::nullopt);
  EXPECT_EQ(wide.RefineByHand({wide.PointOf(1)}, 1001, wide.trials()).code(), absl::StatusCode::kOutOfRange);
  EXPECT_EQ(wide.current().number(), 1);
}

}  // namespace
}  // namespace hpsearch::search
