#include "server/strategy/halton.h"

#include <algorithm>
#include <numeric>

#include "server/strategy/draws.h"
#include "server/strategy/trials_key.h"

namespace hpsearch::strategy {
namespace {

std::vector<std::int64_t> FirstPrimes(std::size_t count) {
  std::vector<std::int64_t> primes;
  for (std::int64_t n = 2; primes.size() < count; ++n) {
    if (std::ranges::none_of(primes, [n](std::int64_t prime) { return n % prime == 0; })) primes.push_back(n);
  }
  return primes;
}

// A dimension: as many digits as a coordinate resolves.
struct Digits {
  Digits(std::uint64_t seed, std::size_t dimension, std::int64_t prime) : base(prime) {
    Draws draws(seed, Purpose::kHalton, static_cast<std::int64_t>(dimension));
    for (places = 1; places <= (std::int64_t{1} << 53) / base; places *= base) {
      std::vector<std::uint16_t>& permutation = permutations.emplace_back(static_cast<std::size_t>(base));
      std::iota(permutation.begin(), permutation.end(), std::uint16_t{0});
      for (std::int64_t left = base; left > 1; --left) {
        std::swap(permutation[static_cast<std::size_t>(draws.Below(left))],
                  permutation[static_cast<std::size_t>(left) - 1]);
      }
    }
  }

  double At(std::int64_t index) const {
    std::int64_t place = 0;
    for (const std::vector<std::uint16_t>& permutation : permutations) {
      place = place * base + permutation[static_cast<std::size_t>(index % base)];
      index /= base;
    }
    return static_cast<double>(place) / static_cast<double>(places);
  }

  std::int64_t base;
  std::int64_t places = 1;                               // base to the number of digits: at most 2^53
  std::vector<std::vector<std::uint16_t>> permutations;  // of the first digit first
};

class Halton final : public Sequence {
 public:
  explicit Halton(const Means& means) {
    const std::vector<std::int64_t> primes = FirstPrimes(means.cube.size());
    for (std::size_t i = 0; i < primes.size(); ++i) dimensions_.emplace_back(means.seed, i, primes[i]);
  }

  Coordinates At(std::int64_t index) const override {
    Coordinates at;
    at.reserve(dimensions_.size());
    for (const Digits& dimension : dimensions_) at.push_back(dimension.At(index));
    return at;
  }

 private:
  std::vector<Digits> dimensions_;
};

std::unique_ptr<Sequence> Make(const Means& means, const model::Node& /*settings*/) {
  return std::make_unique<Halton>(means);
}

}  // namespace

Kind HaltonKind() { return {.keys = {.name = "halton", .keys = {TrialsKey()}}, .make = &Make}; }

}  // namespace hpsearch::strategy
