// Where a Gaussian process would look next: the point with the greatest expected improvement, found by drawing
// many, some anywhere and some near the best, and climbing from the most promising. Pure but for the draws, which
// move on; one thread at a time. No errors.
#pragma once

#include <span>
#include <vector>

#include "server/strategy/cube.h"
#include "server/strategy/draws.h"
#include "server/strategy/gp_posterior.h"

namespace hpsearch::strategy {

struct Search {
  const Cube& cube;
  const Settle& settle;
  const Posterior& posterior;          // that has observed something
  double best = 0;                     // what is to be improved upon
  std::span<const Coordinates> tried;  // not to be proposed again, where anything else is found
  std::span<const Coordinates> elite;  // the best that were tried, at least one
};

// Settled. Beyond some hundred points in the posterior fewer are drawn, so that it takes about as long.
Coordinates NextPoint(const Search& search, Draws& draws);

}  // namespace hpsearch::strategy
