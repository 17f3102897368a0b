#include "server/rpc/asio_strand.h"

#include <gtest/gtest.h>

#include <future>
#include <thread>
#include <vector>

namespace hpsearch::rpc {
namespace {

TEST(AsioStrand, TasksOfManyThreadsRunOneByOne) {
  AsioStrand strand;
  int count = 0;  // unguarded on purpose: the strand is the guard
  std::vector<std::thread> posters;
  for (int i = 0; i < 4; ++i) {
    posters.emplace_back([&] {
      for (int j = 0; j < 1000; ++j) strand.Post([&] { ++count; });
    });
  }
  for (std::thread& poster : posters) poster.join();
  int seen = 0;
  strand.PostAndWait([&] { seen = count; });
  EXPECT_EQ(seen, 4000);
}

TEST(AsioStrand, StopRunsWhatWasPostedAndWhatThatPosts) {
  bool ran = false;
  AsioStrand strand;
  strand.Post([&] { strand.Post([&] { ran = true; }); });
  strand.Stop();
  EXPECT_TRUE(ran);
  strand.Stop();
}

TEST(AsioStrand, TicksUntilTheStop) {
  AsioStrand strand;
  std::promise<void> third;
  int ticks = 0;
  strand.Every(std::chrono::milliseconds(1), [&] {
    if (++ticks == 3) third.set_value();
  });
  third.get_future().wait();
  strand.Stop();
  EXPECT_GE(ticks, 3);
}

// A tick that is due already must not find what it works on gone.
TEST(AsioStrand, NoTickAfterTheTimersEnded) {
  AsioStrand strand;
  bool ended = false;
  bool ticked_after = false;
  strand.Every(std::chrono::milliseconds(0), [&] { ticked_after |= ended; });
  strand.PostAndWait([&] {
    strand.EndTimers();
    ended = true;
  });
  strand.Stop();
  EXPECT_FALSE(ticked_after);
}

}  // namespace
}  // namespace hpsearch::rpc
