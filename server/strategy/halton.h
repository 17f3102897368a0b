// Halton's sequence with its digits permuted at random (Owen, "A randomized Halton algorithm in R", 2017): a
// dimension counts in a prime of its own, and each digit is permuted by a permutation of its place. Evenly over
// each side for any prefix; over pairs of sides best for the first, small primes, so that Sobol's points are the
// better choice from some ten dimensions on.
//
// Assumes that nothing is known. Indices up to 2^53 (in a large prime p, up to the last power of p below it, from
// where the dimension goes over its places anew). Memory: a permutation for each digit, kilobytes for ten
// dimensions, some 40 MB for a thousand.
#pragma once

#include "server/strategy/registry.h"

namespace hpsearch::strategy {

Kind HaltonKind();

}  // namespace hpsearch::strategy
