#include "worker/agent/backoff.h"

#include <algorithm>

namespace hpsearch::agent {

void Backoff::Ended(std::chrono::steady_clock::duration lived) {
  if (lived > kLast) longest_ = kFirst;
}

std::chrono::milliseconds Backoff::Next() {
  const std::int64_t longest = longest_.count();
  longest_ = std::min(kLast, 2 * longest_);
  return std::chrono::milliseconds(std::uniform_int_distribution<std::int64_t>(longest / 2, longest)(random_));
}

}  // namespace hpsearch::agent
