// Sobol points, scrambled (Owen, "Randomly permuted (t,m,s)-nets and (t,s)-sequences", 1995): evenly over the cube
// and over each of its sides, for any prefix and best at a power of two. The scrambling is Owen's own, nested and
// uniform, each node's flip a draw of its own (Burley, "Practical hash-based Owen scrambling", 2020, hashes for
// the same end).
//
// Assumes that nothing is known and no coordinate matters more than another. Dimensions beyond the 256 of the
// table take the table's again at indices that are shuffled within their blocks (Burley's padding): each side is
// as even as any, but they are no better spread among each other than by chance. Indices up to 2^53, where the
// points' resolution ends.
#pragma once

#include "server/strategy/registry.h"

namespace hpsearch::strategy {

Kind SobolKind();

}  // namespace hpsearch::strategy
