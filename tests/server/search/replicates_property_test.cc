// Trials that share a point: for any number of replicates a trial's number is one round, point and replicate.
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <set>
#include <tuple>

#include "server/search/round.h"
#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

constexpr char kSpace[] = R"({"x": {"logspace": {"start": -3, "stop": 0, "num": 3}},
                              "y": {"linspace": {"start": 0, "stop": 1, "num": 2}}})";

TEST(ReplicatesProperty, ATrialIsOneRoundPointAndReplicate) {
  EXPECT_TRUE(rc::check("one to one, and the points are those of one replicate", [] {
    const SearchSpace space = SpaceOf(kSpace);
    const auto replicates = *rc::gen::inRange<std::int64_t>(1, 30);
    const bool spread = *rc::gen::arbitrary<bool>();
    Search search{.refine = Refinement{.rounds = 3, .around = *rc::gen::inRange(1, 3)},
                  .order = spread ? Search::Order::kSpread : Search::Order::kProduct};
    Rounds single = Rounds::Open(space, search, 0).value();
    search.replicates = replicates;
    Rounds rounds = Rounds::Open(space, search, 0).value();
    std::set<std::tuple<int, std::int64_t, std::int64_t>> seen;  // round, point's index, replicate
    std::map<std::pair<Point, std::int64_t>, std::int64_t> first;
    for (;;) {
      const Round& round = rounds.current();
      RC_ASSERT(round.points() == single.current().size());
      RC_ASSERT(round.size() == round.points() * replicates);
      for (std::int64_t trial = round.first_trial(); trial <= round.last_trial(); ++trial) {
        const std::int64_t index = trial - round.first_trial();
        const std::int64_t replicate = rounds.ReplicateOf(trial);
        const std::int64_t point = (rounds.FirstOfPoint(trial) - round.first_trial()) / replicates;
        RC_ASSERT(0 <= replicate && replicate < replicates);
        RC_ASSERT(rounds.RoundOf(trial).number() == round.number());
        RC_ASSERT(round.first_trial() + point * replicates + replicate == trial);
        RC_ASSERT(seen.emplace(round.number(), point, replicate).second);
        RC_ASSERT(rounds.PointOf(trial) == single.current().At(point));
        RC_ASSERT(round.IndexOf(rounds.PointOf(trial), round.known(), replicate) == index);
        RC_ASSERT(round.IndexOf(rounds.PointOf(trial), index, replicate) == std::nullopt);
        // The same point and replicate of an earlier round, and nothing else.
        const auto [earlier, is_new] = first.try_emplace({rounds.PointOf(trial), replicate}, trial);
        const std::vector<std::int64_t> equal = rounds.EarlierEqual(trial);
        RC_ASSERT(equal.empty() == is_new);
        for (const std::int64_t other : equal) {
          RC_ASSERT(rounds.PointOf(other) == rounds.PointOf(trial) && rounds.ReplicateOf(other) == replicate);
        }
        if (!is_new) RC_ASSERT(equal.front() == earlier->second);
      }
      if (rounds.last()) break;
      const auto points = static_cast<int>(single.trials());
      std::vector<std::int64_t> centres, of_single;
      for (int i = 0; i < 3; ++i) {
        of_single.push_back(*rc::gen::inRange(1, points + 1));
        const Round& home = single.RoundOf(of_single.back());
        const std::int64_t index = of_single.back() - home.first_trial();
        const Round& twin = rounds.rounds()[static_cast<std::size_t>(home.number() - 1)];
        centres.push_back(twin.first_trial() + index * replicates +
                          *rc::gen::inRange<std::int64_t>(0, replicates));
      }
      single.Refine(of_single);
      rounds.Refine(centres);
    }
    RC_ASSERT(static_cast<std::int64_t>(seen.size()) == rounds.trials());
    RC_ASSERT(*MostTrials(space, search) >= rounds.trials());
  }));
}

// Points that a sequence draws come again, where an axis has few values.
TEST(ReplicatesProperty, DrawnPointsAreFoundByReplicate) {
  EXPECT_TRUE(rc::check("the first trial of the same point and replicate", [] {
    const SearchSpace space = SpaceOf(R"({"x": {"values": [1, 2, 3]}})");
    model::Faults faults;
    Search search = Search::Read(model::FromJson(R"({"random": {"trials": 12}})").value(), faults);
    search.replicates = *rc::gen::inRange<std::int64_t>(1, 6);
    const Rounds rounds = Rounds::Open(space, search, *rc::gen::inRange<std::int64_t>(0, 100)).value();
    RC_ASSERT(rounds.trials() == 12 * search.replicates);
    std::map<std::pair<Point, std::int64_t>, std::int64_t> first;
    for (std::int64_t trial = 1; trial <= rounds.trials(); ++trial) {
      const auto [earlier, is_new] = first.try_emplace({rounds.PointOf(trial), rounds.ReplicateOf(trial)}, trial);
      const std::vector<std::int64_t> equal = rounds.EarlierEqual(trial);
      RC_ASSERT(equal == (is_new ? std::vector<std::int64_t>() : std::vector<std::int64_t>{earlier->second}));
    }
  }));
}

TEST(Replicates, TooManyTrialsAreToldOf) {
  const SearchSpace space = SpaceOf(kSpace);
  Search search;
  search.replicates = std::int64_t{1} << 62;
  EXPECT_EQ(MostTrials(space, search), std::nullopt);
  EXPECT_EQ(Rounds::Open(space, search, 0).status().code(), absl::StatusCode::kOutOfRange);
}

}  // namespace
}  // namespace hpsearch::search
