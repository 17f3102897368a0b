// All chance of a simulated world: a stream of numbers that its seed decides, the same on any machine (the
// standard library's distributions are not). A value; one thread.
#pragma once

#include <cmath>
#include <cstdint>
#include <vector>

#include "server/study/records.h"

namespace hpsearch::simulation {

using study::Micros;

inline constexpr Micros kSecond = 1'000'000;
inline constexpr Micros kMillisecond = 1'000;

class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}

  std::uint64_t Next() {  // splitmix64
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15U);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    return z ^ (z >> 31);
  }
  double Fraction() { return static_cast<double>(Next() >> 11) * 0x1.0p-53; }  // [0, 1)
  bool Chance(double probability) { return Fraction() < probability; }
  std::int64_t Between(std::int64_t low, std::int64_t high) {  // both included
    return low + static_cast<std::int64_t>(Next() % static_cast<std::uint64_t>(high - low + 1));
  }
  double Within(double low, double high) { return low + (high - low) * Fraction(); }
  // Each order of magnitude is as likely as any other.
  double Magnitude(double low, double high) { return low * std::pow(high / low, Fraction()); }
  // Mostly short, now and then long: an exponential distribution.
  Micros Wait(double mean) { return static_cast<Micros>(-mean * std::log1p(-Fraction())); }
  template <class T>
  T OneOf(const std::vector<T>& choices) {
    return choices[static_cast<std::size_t>(Between(0, static_cast<std::int64_t>(choices.size()) - 1))];
  }

 private:
  std::uint64_t state_;
};

}  // namespace hpsearch::simulation
