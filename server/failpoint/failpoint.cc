#include "server/failpoint/failpoint.h"

#include <unistd.h>

#include <csignal>
#include <cstdint>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"

namespace hpsearch::failpoint {
namespace {

std::atomic<std::int64_t> passages_left = 0;
int signal_sent = SIGKILL;

}  // namespace

absl::Status Arm(std::string_view text) {
  const std::vector<std::string> parts = absl::StrSplit(std::string(text), ':');
  std::int64_t passage = 0;
  const bool stops = parts.size() == 3 && parts[2] == "stop";
  const int index = IndexOf(parts[0]);
  if (index < 0 || (parts.size() != 2 && !stops) || !absl::SimpleAtoi(parts[1], &passage) || passage < 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("HPSEARCH_FAILPOINT=", std::string(text),
                     ": NAME:N or NAME:N:stop is wanted, N from 1; 'list' prints the names"));
  }
  passages_left = passage;
  signal_sent = stops ? SIGSTOP : SIGKILL;
  armed = index;
  return absl::OkStatus();
}

void Pass() {
  // Both signals take the calling thread before it comes back from here.
  if (passages_left.fetch_sub(1) == 1) kill(getpid(), signal_sent);
}

}  // namespace hpsearch::failpoint
