#include "client/cli/interrupts.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

namespace hpsearch::cli {
namespace {

TEST(StopOnSignal, TheFirstAsksAndTheSecondEnds) {
  EXPECT_EXIT(
      {
        StopOnSignal signals;
        kill(getpid(), SIGTERM);
        signals.WaitForStop();
        if (!signals.stopped()) _exit(1);
        kill(getpid(), SIGINT);
        for (;;) pause();
      },
      testing::ExitedWithCode(130), "");
}

}  // namespace
}  // namespace hpsearch::cli
