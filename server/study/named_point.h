// A point of a study as a user names it: some parameters by value, the others as another point has them. Pure;
// from any thread. INVALID_ARGUMENT: no such parameter, a value that it cannot have, or one that is wanted.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "server/search/round.h"
#include "server/search/search_space.h"

namespace hpsearch::study {

using NamedValues = std::vector<std::pair<std::string, search::Scalar>>;

// On an axis that refinement moves along, a place that a round looks at where one has that value, else the nearest
// of the study's finest lattice. `base` may be null:
// then all parameters that are there are named.
absl::StatusOr<search::Point> NamedPoint(const search::SearchSpace& space, const search::Rounds& rounds,
                                         const search::Point* base, const NamedValues& values);

}  // namespace hpsearch::study
