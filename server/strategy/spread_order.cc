#include "server/strategy/spread_order.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

namespace hpsearch::strategy {
namespace {

__extension__ using Wide = unsigned __int128;

std::int64_t Times(std::int64_t a, std::int64_t b, std::int64_t modulus) {
  return static_cast<std::int64_t>(static_cast<Wide>(a) * static_cast<Wide>(b) % static_cast<Wide>(modulus));
}

std::int64_t Plus(std::int64_t a, std::int64_t b, std::int64_t modulus) {
  return a >= modulus - b ? a - (modulus - b) : a + b;
}

std::int64_t Minus(std::int64_t a, std::int64_t b, std::int64_t modulus) {
  return a >= b ? a - b : a + (modulus - b);
}

// Requires: no common factors.
std::int64_t Inverse(std::int64_t value, std::int64_t modulus) {
  std::int64_t remainder = modulus, next = value % modulus, factor = 0, next_factor = 1;
  while (next != 0) {
    const std::int64_t quotient = remainder / next;
    remainder = std::exchange(next, remainder - quotient * next);
    factor = std::exchange(next_factor, factor - quotient * next_factor);
  }
  return factor < 0 ? factor + modulus : factor % modulus;
}

// Numbers above 1 without common factors, of which all of `sizes` are products; the largest first.
std::vector<std::int64_t> BasesOf(std::vector<std::int64_t> sizes) {
  std::vector<std::int64_t> bases;
  while (!sizes.empty()) {
    const std::int64_t size = sizes.back();
    sizes.pop_back();
    if (size == 1) continue;
    const auto shared = std::ranges::find_if(
        bases, [size](std::int64_t base) { return base != size && std::gcd(base, size) > 1; });
    if (shared == bases.end()) {
      if (std::ranges::find(bases, size) == bases.end()) bases.push_back(size);
      continue;
    }
    const std::int64_t factor = std::gcd(*shared, size);
    sizes.insert(sizes.end(), {*shared / factor, size / factor, factor});
    bases.erase(shared);
  }
  std::ranges::sort(bases, std::greater());
  return bases;
}

// The number nearest to base * share without common factors with the base.
std::int64_t MultiplierNear(double share, std::int64_t base) {
  const auto wanted = static_cast<std::int64_t>(share * static_cast<double>(base));
  for (std::int64_t away = 0;; ++away) {
    for (const std::int64_t near : {wanted + away, wanted - away}) {
      if (near > 0 && near < base && std::gcd(near, base) == 1) return near;
    }
    if (away > base) return 1;
  }
}

// coefficient * digit modulo the base, moved apart where the coefficient has common factors with the base: always
// a permutation of the digits.
std::int64_t Scaled(std::int64_t coefficient, std::int64_t digit, std::int64_t base) {
  if (coefficient == 0) return 0;
  const std::int64_t product = Times(coefficient, digit, base);
  const std::int64_t common = std::gcd(coefficient, base);
  return common == 1 ? product : Plus(product, digit / (base / common), base);
}

// Coefficients of the index's digits rank + 1, rank + 2, ... in a digit of a base's `number`th axis: an element of
// the `number`th power of Pascal's matrix, as Faure has it; where the base has no more powers, the number's
// further digits are added, so that axes part as early as there is room for it.
std::vector<std::int64_t> CoefficientsOf(std::int64_t number, std::int64_t rank, std::int64_t count,
                                         std::int64_t base) {
  std::vector<std::int64_t> coefficients;
  std::vector<std::int64_t> binomials(static_cast<std::size_t>(rank + count) + 1,
                                      0);  // of `column` above 0, 1, ...
  binomials[0] = 1;
  std::int64_t power = 1;
  std::int64_t further = number / base;
  for (std::int64_t column = 1; column <= rank + count; ++column) {
    for (std::size_t i = static_cast<std::size_t>(column); i > 0; --i) {
      binomials[i] = Plus(binomials[i], binomials[i - 1], base);
    }
    if (column <= rank) continue;
    power = Times(power, number % base, base);
    std::int64_t coefficient = Times(binomials[static_cast<std::size_t>(rank)], power, base);
    if (column > rank + 1) {
      coefficient = Plus(coefficient, further % base, base);
      further /= base;
    }
    coefficients.push_back(coefficient);
  }
  return coefficients;
}

// How far, in its base, a digit of the `number`th of so many axes goes from one level to the next.
double StrideOf(std::size_t number, std::size_t axes) {
  if (axes == 2 || axes == 3) return std::sqrt(std::array{2.0, 3.0, 5.0}[number]) - std::array{1, 1, 2}[number];
  double ratio = 2;  // the positive root of x^(axes + 1) = x + 1
  for (int i = 0; i < 64; ++i) ratio = std::pow(1 + ratio, 1 / static_cast<double>(axes + 1));
  return std::pow(ratio, -static_cast<double>(number + 1));
}

std::int64_t Power(std::int64_t base, std::int64_t exponent) {
  std::int64_t power = 1;
  for (; exponent > 0; --exponent) power *= base;
  return power;
}

}  // namespace

SpreadOrder::SpreadOrder(const std::vector<std::int64_t>& sizes) {
  std::vector<std::size_t> order;
  std::vector<std::int64_t> weights(sizes.size());
  for (std::size_t axis = sizes.size(); axis-- > 0;) {
    weights[axis] = size_;
    size_ *= sizes[axis];
    if (sizes[axis] > 1) order.push_back(axis);
  }
  std::ranges::sort(order, {}, [&](std::size_t axis) { return std::pair(-sizes[axis], axis); });

  struct Base {
    std::int64_t base;
    std::int64_t axes = 0;   // that have digits in it, so far
    std::int64_t known = 0;  // digits of the index
  };
  std::vector<Base> bases;
  for (const std::int64_t base : BasesOf(sizes)) bases.push_back({base});
  std::int64_t modulus = 1;
  for (std::size_t number = 0; number < order.size(); ++number) {
    const std::int64_t levels = sizes[order[number]];
    Axis axis{.levels = levels, .known = modulus, .fresh = {}, .old = {}};
    for (Base& base : bases) {
      std::int64_t digits = 0;
      for (std::int64_t left = levels; left % base.base == 0; left /= base.base) ++digits;
      if (digits > base.known) axis.known *= Power(base.base, digits - base.known);
    }
    std::int64_t weight = weights[order[number]] * levels;
    for (Base& base : bases) {
      std::int64_t digits = 0, rounds = 0;
      for (std::int64_t left = levels; left % base.base == 0; left /= base.base) ++digits;
      for (std::int64_t left = axis.known / levels; left > 0; left /= base.base) ++rounds;
      for (std::int64_t rank = 0; rank < digits; ++rank) {
        weight /= base.base;
        const bool fresh = rank >= base.known;
        Digit digit{
            .base = base.base,
            .rank = rank,
            .weight = weight,
            .multiplier = MultiplierNear(StrideOf(number, order.size()), base.base),
            .start = base.base / 2,
            .coefficients = CoefficientsOf(base.axes, rank, digits - 1 - rank + (fresh ? 0 : rounds), base.base),
            .own = static_cast<std::size_t>(digits - 1 - rank)};
        if (fresh) {
          axis.fresh.insert(axis.fresh.begin(), std::move(digit));
        } else {
          axis.old.push_back(std::move(digit));
        }
      }
      base.axes += digits > 0 ? 1 : 0;
      base.known += digits;
    }
    axes_.push_back(std::move(axis));
    modulus *= levels;
  }
}

std::int64_t SpreadOrder::ShiftOf(const Axis& axis, const Digit& digit, std::int64_t index) {
  // The axis' own digits, then those of how often it has gone over its levels.
  std::int64_t own = index % axis.levels / Power(digit.base, digit.rank + 1);
  std::int64_t rounds = index % axis.known / axis.levels;
  std::int64_t shift = 0;
  const auto add = [&](std::int64_t coefficient, std::int64_t& digits) {
    shift = Plus(shift, Scaled(coefficient, digits % digit.base, digit.base), digit.base);
    digits /= digit.base;
  };
  for (std::size_t i = 0; i < digit.coefficients.size(); ++i) {
    add(digit.coefficients[i], i < digit.own ? own : rounds);
  }
  return shift;
}

std::int64_t SpreadOrder::At(std::int64_t index) const {
  std::int64_t found = 0;
  for (const Axis& axis : axes_) {
    std::int64_t above = index / axis.known;
    const auto add = [&](const Digit& digit, std::int64_t further) {
      std::int64_t value = Plus(index / Power(digit.base, digit.rank) % digit.base, further, digit.base);
      value = Plus(value, ShiftOf(axis, digit, index), digit.base);
      found += digit.weight * Plus(Times(digit.multiplier, value, digit.base), digit.start, digit.base);
    };
    for (const Digit& digit : axis.fresh) add(digit, 0);
    for (const Digit& digit : axis.old) {
      add(digit, above % digit.base);
      above /= digit.base;
    }
  }
  return found;
}

std::int64_t SpreadOrder::Find(std::int64_t product_index) const {
  std::int64_t index = 0, modulus = 1;  // the index as far as it is known
  for (const Axis& axis : axes_) {
    // A digit less its shift.
    const auto value_of = [&](const Digit& digit, std::int64_t known) {
      const std::int64_t level = product_index / digit.weight % digit.base;
      const std::int64_t value =
          Times(Inverse(digit.multiplier, digit.base), Minus(level, digit.start, digit.base), digit.base);
      return Minus(value, ShiftOf(axis, digit, known), digit.base);
    };
    for (std::size_t i = 0; i < axis.fresh.size();) {
      // A base's new digits say what the index leaves to a higher power of it.
      const std::int64_t base = axis.fresh[i].base;
      const std::int64_t high = Power(base, axis.fresh[i].rank + 1);
      std::int64_t low = high, rest = 0;
      for (; i < axis.fresh.size() && axis.fresh[i].base == base; ++i) {
        low /= base;
        rest += low * value_of(axis.fresh[i], rest);
      }
      const std::int64_t steps = high / low;
      const std::int64_t missing = Minus(rest + index % low, index % high, high) / low;
      index += modulus * Times(missing, Inverse(modulus / low % steps, steps), steps);
      modulus *= steps;
    }
    std::int64_t above = 0, weight = 1;
    for (const Digit& digit : axis.old) {
      const std::int64_t own = index / Power(digit.base, digit.rank) % digit.base;
      above += weight * Minus(value_of(digit, index), own, digit.base);
      weight *= digit.base;
    }
    index += modulus * above;
    modulus *= weight;
  }
  return index;
}

}  // namespace hpsearch::strategy
