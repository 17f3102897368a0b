// Random numbers of a strategy: a stream of Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1,
// 2, 3", 2011; Random123's), named by the study's seed, what the numbers are for, and a number (a trial's, or that
// of a dimension): the same on any machine and after any restart.
//
// A value that moves on as it is drawn from; one owner, one thread. No errors.
#pragma once

#include <array>
#include <cstdint>

namespace hpsearch::strategy {

// Part of what a seed means: these never change.
enum class Purpose : std::uint32_t {
  kRandom = 1,
  kSobol = 2,
  kHalton = 3,
  kSpread = 4,
  kTpe = 5,
  kGp = 6,
  kImportance = 16
};

class Draws {
 public:
  Draws(std::uint64_t seed, Purpose purpose, std::int64_t number);

  std::uint32_t Word();                    // 32 even bits
  double Uniform();                        // [0, 1), a multiple of 2^-53
  double Normal();                         // mean 0, standard deviation 1 (Box and Muller, 1958)
  std::int64_t Below(std::int64_t bound);  // 0 .. bound - 1, without bias; bound from 1

 private:
  std::array<std::uint32_t, 2> key_;
  std::array<std::uint32_t, 4> counter_;
  std::array<std::uint32_t, 4> block_ = {};
  int taken_ = 4;  // words of the block
};

}  // namespace hpsearch::strategy
