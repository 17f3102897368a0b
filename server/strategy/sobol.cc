#include "server/strategy/sobol.h"

#include <algorithm>

#include "server/strategy/draws.h"
#include "server/strategy/sobol_directions.h"
#include "server/strategy/trials_key.h"

namespace hpsearch::strategy {
namespace {

// A tree of 56 levels over the bits of a place, the highest first, each node flipping the bit below it or not. A
// block of a stream's 128 bits serves the 127 nodes of seven levels below one node.
constexpr int kLevels = 7;
constexpr int kSubtrees = 8;

// A name for the stream of a node at the top of a subtree: the tree, and behind a leading 1 the bits above the
// node.
std::int64_t NameOf(std::size_t tree, std::uint64_t above, int depth) {
  return static_cast<std::int64_t>((std::uint64_t{tree} << 50) | (std::uint64_t{1} << depth) | above);
}

std::uint64_t Scrambled(std::uint64_t place, std::uint64_t seed, std::size_t tree) {
  std::uint64_t flips = 0;
  for (int subtree = 0; subtree < kSubtrees; ++subtree) {
    const int depth = subtree * kLevels;
    const std::uint64_t above = depth == 0 ? 0 : place >> (64 - depth);
    Draws draws(seed, Purpose::kSobol, NameOf(tree, above, depth));
    std::uint32_t words[4];
    for (std::uint32_t& word : words) word = draws.Word();
    std::uint32_t node = 1;
    for (int level = 0; level < kLevels; ++level) {
      const int bit = 63 - depth - level;
      flips |= std::uint64_t{(words[node / 32] >> (node % 32)) & 1} << bit;
      node = 2 * node + static_cast<std::uint32_t>((place >> bit) & 1);
    }
  }
  return place ^ flips;
}

class Sobol final : public Sequence {
 public:
  explicit Sobol(const Means& means) : seed_(means.seed), dimensions_(means.cube.size()) {
    for (std::size_t i = 0; i < std::min(dimensions_, kSobolDimensions); ++i) {
      directions_.push_back(SobolDirectionsOf(i));
    }
  }

  Coordinates At(std::int64_t index) const override {
    Coordinates at(dimensions_);
    auto plain = static_cast<std::uint64_t>(index);
    for (std::size_t i = 0; i < dimensions_; ++i) {
      if (i > 0 && i % kSobolDimensions == 0) {
        // The upper bits of an index say which block, so that aligned blocks stay whole.
        plain = Scrambled(static_cast<std::uint64_t>(index) << 8, seed_, kShuffles + i / kSobolDimensions) >> 8;
      }
      const std::uint64_t place = SobolPlace(directions_[i % kSobolDimensions], plain);
      at[i] = static_cast<double>(Scrambled(place, seed_, i) >> 11) * 0x1p-53;
    }
    return at;
  }

 private:
  // Behind the trees of the dimensions, of which there are fewer.
  static constexpr std::size_t kShuffles = 4096;

  std::uint64_t seed_;
  std::size_t dimensions_;
  std::vector<SobolDirections> directions_;
};

std::unique_ptr<Sequence> Make(const Means& means, const model::Node& /*settings*/) {
  return std::make_unique<Sobol>(means);
}

}  // namespace

Kind SobolKind() { return {.keys = {.name = "sobol", .keys = {TrialsKey()}}, .make = &Make}; }

}  // namespace hpsearch::strategy
