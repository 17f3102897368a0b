#include "server/study/fair_shares.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <functional>
#include <map>
#include <string>

namespace hpsearch::study {
namespace {

// Studies that always have another trial, on slots that are never left free.
class Fleet {
 public:
  explicit Fleet(std::vector<double> weights, std::vector<std::int64_t> priorities = {}) {
    for (std::size_t i = 0; i < weights.size(); ++i) {
      shares_.push_back({.weight = weights[i], .priority = priorities.empty() ? 0 : priorities[i]});
      suits_.push_back(true);
    }
    had.resize(weights.size());
    leases.resize(weights.size());
  }

  void Suit(std::size_t study, bool suits) { suits_[study] = suits; }
  const Share& share(std::size_t study) const { return shares_[study]; }

  // Whoever is next, for so long; the study's number as a digit is added to `order`.
  void Give(const std::function<double(std::size_t)>& seconds) {
    std::vector<Share*> rivals;
    for (Share& share : shares_) rivals.push_back(&share);
    const auto next = fair_.Next(
        rivals, [&](std::size_t i) { return suits_[i]; }, now_);
    ASSERT_TRUE(next);
    fair_.Begin(shares_[*next], now_);
    const auto held = static_cast<Micros>(seconds(*next) * 1e6);
    running_.emplace(now_ + held, std::pair(*next, held));
    ++leases[*next];
    order += std::to_string(*next);
  }
  // The lease that ends first does.
  void EndOne() {
    const auto [at, lease] = *running_.begin();
    running_.erase(running_.begin());
    const auto [study, held] = lease;
    for (std::size_t i = 0; i < shares_.size(); ++i) {
      had[i] += static_cast<double>(shares_[i].slots * (at - now_)) / 1e6;
    }
    now_ = at;
    fair_.End(shares_[study], held, now_);
  }
  void Run(int ends, const std::function<double(std::size_t)>& seconds) {
    for (int i = 0; i < ends; ++i) {
      EndOne();
      Give(seconds);
    }
  }

  std::string order;
  std::vector<double> had;  // slot-seconds
  std::vector<int> leases;

 private:
  FairShares fair_;
  std::vector<Share> shares_;
  std::vector<bool> suits_;
  std::multimap<Micros, std::pair<std::size_t, Micros>> running_;
  Micros now_ = 0;
};

double Second(std::size_t /*study*/) { return 1; }

TEST(FairShares, SlotsThatAreFreeAtOnceAreSharedByWeightTheOlderFirst) {
  Fleet equal({1, 1});
  for (int i = 0; i < 6; ++i) equal.Give(Second);
  EXPECT_EQ(equal.order, "010101");
  Fleet weighted({1, 3});
  for (int i = 0; i < 8; ++i) weighted.Give(Second);
  EXPECT_EQ(weighted.leases[0], 2) << weighted.order;
  EXPECT_EQ(weighted.leases[1], 6) << weighted.order;
}

TEST(FairShares, OneSlotIsTakenInTurnsByWeight) {
  Fleet fleet({3, 1});
  fleet.Give(Second);
  fleet.Run(399, Second);
  EXPECT_EQ(fleet.leases[0], 300) << fleet.order;
  EXPECT_EQ(fleet.leases[1], 100) << fleet.order;
}

// As many slots, not as many trials: else whose trials take long would have nearly all of them.
TEST(FairShares, LongTrialsTakeNoMoreThanTheirShare) {
  const auto seconds = [](std::size_t study) { return study == 0 ? 1.0 : 100.0; };
  Fleet fleet({1, 1});
  for (int i = 0; i < 8; ++i) fleet.Give(seconds);
  fleet.Run(4000, seconds);
  EXPECT_NEAR(fleet.had[0] / fleet.had[1], 1, 0.15);
}

TEST(FairShares, ALargeWeightHasManySlotsThoughManyStudiesWait) {
  std::vector<double> weights(101, 1);
  weights[50] = 100;
  Fleet fleet(weights);
  for (int i = 0; i < 20; ++i) fleet.Give(Second);
  fleet.Run(4000, Second);
  EXPECT_NEAR(fleet.leases[50], 2010, 150);
  EXPECT_GE(*std::min_element(fleet.leases.begin(), fleet.leases.end()), 15);
}

TEST(FairShares, TheHighestPriorityHasAllThatSuitsIt) {
  Fleet fleet({1, 1, 1}, {0, 7, 7});
  fleet.Give(Second);
  fleet.Run(9, Second);
  EXPECT_EQ(fleet.leases[0], 0) << fleet.order;
  EXPECT_EQ(fleet.leases[1], 5) << fleet.order;
  fleet.Suit(1, false);
  fleet.Suit(2, false);
  fleet.Run(3, Second);
  EXPECT_EQ(fleet.leases[0], 3) << fleet.order;
}

TEST(FairShares, NoneIsNextWhereNoneSuits) {
  FairShares shares;
  Share share;
  EXPECT_EQ(shares.Next(
                {}, [](std::size_t) { return true; }, 0),
            std::nullopt);
  EXPECT_EQ(shares.Next(
                {&share}, [](std::size_t) { return false; }, 0),
            std::nullopt);
}

// A study that was away for long does not keep its rivals waiting as long, nor do they keep it.
TEST(FairShares, WhoComesLateIsGivenItsShareFromThenOn) {
  Fleet fleet({1, 1, 1});
  fleet.Suit(2, false);
  for (int i = 0; i < 6; ++i) fleet.Give(Second);
  fleet.Run(6000, Second);
  fleet.Suit(2, true);
  fleet.Run(6, Second);
  EXPECT_GE(fleet.leases[2], 2) << fleet.order.substr(6000);
  fleet.Run(594, Second);
  EXPECT_NEAR(fleet.leases[2], 200, 15);
  EXPECT_NEAR(fleet.leases[0], fleet.leases[1], 3);
}

TEST(FairShares, StudiesThatComeLateTogetherKeepNobodyWaiting) {
  Fleet fleet({1, 1, 1});
  fleet.Suit(1, false);
  fleet.Suit(2, false);
  fleet.Give(Second);
  fleet.Run(1000, Second);
  fleet.Suit(1, true);
  fleet.Suit(2, true);
  fleet.order.clear();
  fleet.Run(30, Second);
  EXPECT_GE(std::count(fleet.order.begin(), fleet.order.end(), '0'), 8) << fleet.order;
}

TEST(FairShares, WhoeverIsAskedForNothingIsNotAsked) {
  FairShares shares;
  Share ahead{.had = 10}, next{.had = 1}, behind{.had = 10, .counted = 0};
  Share below{.priority = -1};
  std::vector<std::size_t> asked;
  const auto suits = [&](std::size_t i) {
    asked.push_back(i);
    return true;
  };
  EXPECT_EQ(shares.Next({&ahead, &next, &behind, &below}, suits, 0), 1U);
  EXPECT_THAT(asked, ::testing::ElementsAre(0, 1));
}

// What any two studies have by weight differs by no more than what the trials of all slots make that are under way
// at one moment: so each has its share in the end, and none starves. (How long trials take is not known at first.)
TEST(FairSharesProperty, SharesAreInProportionButForTheTrialsUnderWay) {
  EXPECT_TRUE(rc::check([] {
    const auto weights = *rc::gen::container<std::vector<double>>(*rc::gen::inRange(2, 7),
                                                                  rc::gen::element(0.1, 0.5, 1.0, 2.0, 3.0, 10.0));
    const int slots = *rc::gen::inRange(1, 9);
    const auto longest = *rc::gen::container<std::vector<int>>(weights.size(), rc::gen::element(1, 2, 5, 30));
    const int most = *std::max_element(longest.begin(), longest.end());
    const auto parts = *rc::gen::container<std::vector<int>>(97, rc::gen::inRange(1, 101));
    std::size_t leases = 0;
    const auto seconds = [&](std::size_t study) {
      return longest[study] * parts[leases++ % parts.size()] / 100.0;
    };
    Fleet fleet(weights);
    for (int i = 0; i < slots; ++i) fleet.Give(seconds);
    fleet.Run(100, seconds);
    std::fill(fleet.had.begin(), fleet.had.end(), 0);
    for (int step = 0; step < 300; ++step) {
      fleet.Run(1, seconds);
      for (std::size_t a = 0; a < weights.size(); ++a) {
        for (std::size_t b = 0; b < a; ++b) {
          const double apart = std::abs(fleet.had[a] / weights[a] - fleet.had[b] / weights[b]);
          RC_ASSERT(apart <= 2 * slots * most * (1 / weights[a] + 1 / weights[b]));
        }
      }
    }
  }));
}

}  // namespace
}  // namespace hpsearch::study
