// How long to wait before the next try to connect: from 0.1 s, doubled each time up to 3 s, less a random part of
// up to half, so that a thousand workers do not come back in one instant; from the beginning again after a session
// that lasted. One thread at a time. No errors.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace hpsearch::agent {

class Backoff {
 public:
  explicit Backoff(std::uint64_t seed) : random_(seed) {}
  // A session has ended. One that was shorter than the longest wait was no good, welcomed or not: a server that
  // cannot write to its disk welcomes everyone and closes at once.
  void Ended(std::chrono::steady_clock::duration lived);
  std::chrono::milliseconds Next();

  static constexpr std::chrono::milliseconds kFirst{100};
  static constexpr std::chrono::milliseconds kLast{3000};

 private:
  std::mt19937_64 random_;
  std::chrono::milliseconds longest_ = kFirst;
};

}  // namespace hpsearch::agent
