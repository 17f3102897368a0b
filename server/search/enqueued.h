// Points by hand, `search.enqueue`: those of the first trials, in the file's order, in front of the strategy's own
// and counted among its `trials`, as Optuna's enqueue_trial has them. What a point does not name has the
// coordinate that the strategy has there: of random, sobol and halton that of its point of the same index, of a
// strategy that learns that of Sobol's, from which it has its first points. So a point is known from the study
// alone.
//
// Pure; from any thread. Errors: faults with paths at or below "search.enqueue".
#pragma once

#include <cstdint>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/search/search_section.h"
#include "server/search/search_space.h"

namespace hpsearch::search {

inline constexpr std::size_t kMostEnqueued = 1000;

// What stands under the key, into `search.enqueued`. Requires: space and search were read without faults. `seed`
// is the study's: what is drawn may decide which parameters a point has.
void ReadEnqueued(const model::Node& enqueue, const SearchSpace& space, std::int64_t seed, Search& search,
                  model::Faults& faults);

// The points of `search.enqueued`. Requires: `search.sampling`.
std::vector<Point> EnqueuedPoints(const SearchSpace& space, const Search& search, std::int64_t seed);

}  // namespace hpsearch::search
