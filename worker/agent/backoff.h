// How long to wait before the next try to connect: from 0.1 s, doubled each time up to 5 s, less a random part of
// up to half, so that a thousand workers do not come back in one instant. One thread at a time. No errors.
#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace hpsearch::agent {

class Backoff {
 public:
  explicit Backoff(std::uint64_t seed) : random_(seed) {}
  std::chrono::milliseconds Next();
  void Reset() { longest_ = kFirst; }

  static constexpr std::chrono::milliseconds kFirst{100};
  static constexpr std::chrono::milliseconds kLast{5000};

 private:
  std::mt19937_64 random_;
  std::chrono::milliseconds longest_ = kFirst;
};

}  // namespace hpsearch::agent
