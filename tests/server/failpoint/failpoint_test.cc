// What HPSEARCH_FAILPOINT takes, and that a process ends or stops just where it says.
#include "server/failpoint/failpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <set>
#include <string>

namespace hpsearch::failpoint {
namespace {

using ::testing::HasSubstr;

// A child that arms `text`, passes the place so often, and leaves with how often it came past.
pid_t Passing(const std::string& text, int times) {
  const pid_t child = fork();
  if (child != 0) return child;
  if (!Arm(text).ok()) _exit(100);
  for (int i = 0; i < times; ++i) {
    Failpoint("server.commit.before");
    Failpoint("server.commit.after");
  }
  _exit(times);
}

TEST(Failpoint, KillsAtThePassageThatIsNamed) {
  int status = 0;
  waitpid(Passing("server.commit.before:3", 3), &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status));
  EXPECT_EQ(WTERMSIG(status), SIGKILL);
}

TEST(Failpoint, LetsTheOthersPass) {
  int status = 0;
  waitpid(Passing("server.commit.before:3", 2), &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 2);
}

TEST(Failpoint, StopsAndIsWoken) {
  const pid_t child = Passing("server.commit.after:2:stop", 4);
  int status = 0;
  waitpid(child, &status, WUNTRACED);
  ASSERT_TRUE(WIFSTOPPED(status));
  kill(child, SIGCONT);
  waitpid(child, &status, 0);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 4) << "it stopped once";
}

TEST(Failpoint, ArmsNoneByMistake) {
  for (const char* text : {"", "server.commit.before", "server.commit.before:0", "server.commit.before:x",
                           "server.commit.before:1:pause", "server.commit.before:1:stop:2", "server.nowhere:1"}) {
    const absl::Status status = Arm(text);
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(status.message()), HasSubstr("'list' prints the names"));
    EXPECT_EQ(armed.load(), -1);
  }
}

TEST(Failpoint, NamesAreOneOfAKind) { EXPECT_EQ(std::set(kNames.begin(), kNames.end()).size(), kNames.size()); }

}  // namespace
}  // namespace hpsearch::failpoint
