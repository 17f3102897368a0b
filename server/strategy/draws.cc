#include "server/strategy/draws.h"

#include <Random123/philox.h>

#include <cmath>
#include <numbers>

namespace hpsearch::strategy {

Draws::Draws(std::uint64_t seed, Purpose purpose, std::int64_t number)
    : key_{static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32)},
      counter_{0, static_cast<std::uint32_t>(number), static_cast<std::uint32_t>(number >> 32),
               static_cast<std::uint32_t>(purpose)} {}

std::uint32_t Draws::Word() {
  if (taken_ == 4) {
    const r123::Philox4x32::ctr_type block =
        r123::Philox4x32()({{counter_[0], counter_[1], counter_[2], counter_[3]}}, {{key_[0], key_[1]}});
    block_ = {block[0], block[1], block[2], block[3]};
    ++counter_[0];
    taken_ = 0;
  }
  return block_[taken_++];
}

double Draws::Uniform() {
  const std::uint64_t high = Word();
  return static_cast<double>((high << 21) | (Word() >> 11)) * 0x1p-53;
}

double Draws::Normal() {
  const double radius = std::sqrt(-2 * std::log1p(-Uniform()));
  return radius * std::cos(2 * std::numbers::pi * Uniform());
}

std::int64_t Draws::Below(std::int64_t bound) {
  // What is left over of 2^64 above a multiple of `bound` is drawn again.
  const auto range = static_cast<std::uint64_t>(bound);
  const std::uint64_t over = (0 - range) % range;
  std::uint64_t bits = 0;
  do {
    bits = std::uint64_t{Word()} << 32;
    bits |= Word();
  } while (bits < over);
  return static_cast<std::int64_t>(bits % range);
}

}  // namespace hpsearch::strategy
