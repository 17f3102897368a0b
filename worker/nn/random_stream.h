// Random streams by name: the numbers of (seed, replicate, purpose, layer) at (epoch, step) are the same on every
// worker, in every order and after every restart, and the same for all trials of a study, whatever their
// parameters.
//
// A stream is a plain value without state; any thread.
#pragma once

#include <cstdint>

#include "worker/nn/philox.h"

namespace hpsearch::nn {

// The numbers are part of what a seed means: they never change.
enum class Purpose : std::uint32_t { kInitialWeights = 1, kInitialBias = 2, kShuffle = 3, kDropout = 4 };

struct RandomSource {
  std::int64_t seed = 0;
  std::int64_t replicate = 0;
};

class RandomStream {
 public:
  // `layer` is the place in the network, from 0; 0 where the purpose has no layer.
  RandomStream(const RandomSource& source, Purpose purpose, std::int64_t layer);

  // Block `index` of element `element`: for what draws by element.
  PhiloxBlock Block(std::uint32_t index, std::uint32_t element) const;
  // 32-bit words of the stream at (epoch, step): bundles first .. first + count - 1, 64 words each.
  void Bundles(std::int64_t epoch, std::int64_t step, std::uint32_t first, std::int64_t count,
               std::uint32_t* out) const;

 private:
  PhiloxKey key_;
};

// A draw below `bound` without bias (Lemire, "Fast random integer generation in an interval", 2019) from words
// that `next()` yields; more than one word where a draw is rejected.
template <typename Next>
std::uint32_t Below(std::uint32_t bound, Next&& next) {
  std::uint64_t product = std::uint64_t{next()} * bound;
  auto low = static_cast<std::uint32_t>(product);
  if (low < bound) {
    const std::uint32_t threshold = (0u - bound) % bound;
    while (low < threshold) {
      product = std::uint64_t{next()} * bound;
      low = static_cast<std::uint32_t>(product);
    }
  }
  return static_cast<std::uint32_t>(product >> 32);
}

}  // namespace hpsearch::nn
