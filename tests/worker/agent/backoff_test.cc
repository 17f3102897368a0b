#include "worker/agent/backoff.h"

#include <gtest/gtest.h>

#include <set>

namespace hpsearch::agent {
namespace {

TEST(BackoffTest, DoublesFromATenthOfASecondToFiveSeconds) {
  for (std::uint64_t seed = 0; seed < 50; ++seed) {
    Backoff backoff(seed);
    for (const int longest : {100, 200, 400, 800, 1600, 3000, 3000}) {
      const auto pause = backoff.Next().count();
      EXPECT_GE(pause, longest / 2);
      EXPECT_LE(pause, longest);
    }
  }
}

// A server that cannot store anything welcomes whoever comes and ends the session.
TEST(BackoffTest, ASessionShorterThanTheLongestWaitIsNoSuccess) {
  Backoff backoff(1);
  for (int i = 0; i < 7; ++i) {
    backoff.Ended(Backoff::kLast);
    backoff.Next();
  }
  EXPECT_GE(backoff.Next(), Backoff::kLast / 2);
  backoff.Ended(Backoff::kLast + std::chrono::milliseconds(1));
  EXPECT_LE(backoff.Next().count(), 100);
}

TEST(BackoffTest, WorkersDoNotComeBackTogether) {
  std::set<std::int64_t> pauses;
  for (std::uint64_t seed = 0; seed < 50; ++seed) pauses.insert(Backoff(seed).Next().count());
  EXPECT_GT(pauses.size(), 20u);
}

}  // namespace
}  // namespace hpsearch::agent
