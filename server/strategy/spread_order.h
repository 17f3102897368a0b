// An order over the points of a grid in which any first part covers the grid evenly: each axis by itself, and the
// axes among each other, coarse before fine. A bijection that is computed, never stored.
//
// How: the sizes of the axes are products of a few numbers without common factors, the bases (by greatest common
// divisors alone; nothing is factored). An axis' level is written in digits of those, the coarsest first, and its
// digits are those of the index, in the same base, turned over: so the axis goes over all of its levels, from far
// to near, and then again. What would repeat then is shifted by sums of the index's further digits, with
// coefficients of Faure's ("Discrépance de suites associées à un système de numération", 1982), so that axes of
// one base part early. The shifts are such that the index follows from the levels, axis after axis. Last, a digit
// is multiplied by a number near a fraction of its base, so that one large digit, too, goes from far to near: a
// power of the generalized golden ratio (Roberts, "The unreasonable effectiveness of quasirandom sequences",
// 2018), of two or three axes the fraction of a prime's square root (Richtmyer, "The evaluation of definite
// integrals", 1951). The first point is the middle.
//
// After any number of points each level of an axis has been visited equally often, or once more. Assumes that
// nothing is known. Immutable; from any thread. No errors.
#pragma once

#include <cstdint>
#include <vector>

namespace hpsearch::strategy {

class SpreadOrder {
 public:
  // Levels of each axis, from 1; their product is below 2^63. {n}: n points that are known by their number alone.
  explicit SpreadOrder(const std::vector<std::int64_t>& sizes);

  std::int64_t size() const { return size_; }
  // The point's index in the product order, the last axis fastest. Requires: 0 <= index < size().
  std::int64_t At(std::int64_t index) const;
  // The other way. Requires: 0 <= product_index < size().
  std::int64_t Find(std::int64_t product_index) const;

 private:
  // A digit of an axis' level.
  struct Digit {
    std::int64_t base;
    std::int64_t rank;    // from 0; among the axis' digits of that base: the digit of the index that it follows
    std::int64_t weight;  // what the product order's index grows by with it
    std::int64_t multiplier;  // without common factors with the base
    std::int64_t start;       // of the first point
    // Of the digits behind the rank: the axis' own first, `own` of them, then those of the times that the index
    // has gone over all levels.
    std::vector<std::int64_t> coefficients;
    std::size_t own;
  };
  // Digits know the index up to a modulus when their turn comes; a new one's own digit of the index is not in it
  // yet.
  struct Axis {
    std::int64_t levels;
    std::int64_t known;        // the modulus once the new digits are known too
    std::vector<Digit> fresh;  // the new digits, highest rank first
    std::vector<Digit> old;    // the others: each brings a digit of what is left above the modulus
  };

  // What a digit is shifted by at an index that is known up to the axis' modulus (for new ones: up to its rank).
  static std::int64_t ShiftOf(const Axis& axis, const Digit& digit, std::int64_t index);

  std::int64_t size_ = 1;
  std::vector<Axis> axes_;  // the largest first
};

}  // namespace hpsearch::strategy
