#include "server/study/lease.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

ActiveLease LeaseOf(std::int64_t trial, const std::string& worker, Micros now, bool bound = true) {
  return {.key = {1, trial}, .attempt = 1, .worker = worker, .term = 10, .renewed = now, .bound = bound};
}

TEST(LeaseTable, RunsOutATermAfterTheLastSignOfLife) {
  LeaseTable table;
  table.Grant(LeaseOf(1, "w", 0));
  table.Grant(LeaseOf(2, "w", 5));
  table.Grant(LeaseOf(3, "other", 0));
  EXPECT_THAT(table.Expired(9), IsEmpty());
  table.Touch("w", 8);
  EXPECT_THAT(table.Expired(10), ElementsAre(LeaseKey{1, 3}));
  EXPECT_THAT(table.Expired(18), ElementsAre(LeaseKey{1, 1}, LeaseKey{1, 2}, LeaseKey{1, 3}));
}

TEST(LeaseTable, ANewLeaseIsNoSignOfLife) {
  LeaseTable table;
  table.Grant(LeaseOf(1, "w", 0));
  table.Grant(LeaseOf(2, "w", 9));
  EXPECT_THAT(table.Expired(10), ElementsAre(LeaseKey{1, 1}));
}

TEST(LeaseTable, UnboundOnesHaveOneTermFromWhenTheyWereHeardOfLast) {
  LeaseTable table;
  table.Grant(LeaseOf(1, "w", 0));
  table.Grant(LeaseOf(2, "w", 0));
  table.Touch("w", 7);
  table.Unbind("w");
  table.Bind({1, 2});
  table.Touch("w", 12);
  EXPECT_THAT(table.Expired(16), IsEmpty());
  EXPECT_THAT(table.Expired(17), ElementsAre(LeaseKey{1, 1}));
  EXPECT_THAT(table.Expired(22), ElementsAre(LeaseKey{1, 1}, LeaseKey{1, 2}));
}

TEST(LeaseTable, HaveAnotherTermWhereNobodyListenedForLong) {
  LeaseTable table;
  table.Grant(LeaseOf(1, "w", 0));
  ActiveLease lengthy = LeaseOf(2, "w", 0);
  lengthy.term = 100;
  table.Grant(lengthy);
  table.RenewAfter(5, 9);  // half of the shorter term, which is nothing to wonder at
  EXPECT_THAT(table.Expired(10), ElementsAre(LeaseKey{1, 1}));
  table.RenewAfter(6, 9);
  EXPECT_THAT(table.Expired(18), IsEmpty());
  EXPECT_THAT(table.Expired(19), ElementsAre(LeaseKey{1, 1}));
  EXPECT_THAT(table.Expired(100), ElementsAre(LeaseKey{1, 1}, LeaseKey{1, 2}));
}

TEST(LeaseTable, IsFoundByWorkerAndByStudy) {
  LeaseTable table;
  table.Grant(LeaseOf(2, "w", 0));
  table.Grant(LeaseOf(1, "w", 0));
  ActiveLease other = LeaseOf(1, "w", 0);
  other.key.study = 2;
  table.Grant(other);
  EXPECT_THAT(table.OfStudy(1), ElementsAre(LeaseKey{1, 1}, LeaseKey{1, 2}));
  EXPECT_EQ(table.OfWorker("w").size(), 3U);
  EXPECT_EQ(table.CountOfWorker("w"), 3);
  table.End({1, 1});
  table.End({1, 1});
  EXPECT_EQ(table.Find({1, 1}), nullptr);
  EXPECT_EQ(table.CountOfWorker("w"), 2);
  EXPECT_EQ(table.CountOfWorker("nobody"), 0);
}

// Its trial has ended, or is another attempt's by now.
TEST(LeaseTable, WhatIsNotLeasedIsPassedOver) {
  LeaseTable table;
  table.Bind({1, 1});
  table.End({1, 1});
  table.Delivered({1, 1}, 1, 5);
  table.Touch("w", 5);
  table.Unbind("w");
  EXPECT_THAT(table.Expired(100), IsEmpty());
  EXPECT_THAT(table.OfWorker("w"), IsEmpty());
  EXPECT_EQ(table.CountOfWorker("w"), 0);
  table.Grant(LeaseOf(1, "w", 0, /*bound=*/false));
  table.Delivered({1, 1}, 2, 50);
  EXPECT_THAT(table.Expired(10), ElementsAre(LeaseKey{1, 1}));
  table.Delivered({1, 1}, 1, 50);
  EXPECT_THAT(table.Expired(59), IsEmpty());
}

}  // namespace
}  // namespace hpsearch::study
