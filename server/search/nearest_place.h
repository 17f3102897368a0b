// The place of an axis that is nearest to a number: where a user names a value that no round has drawn. Pure; from
// any thread; no errors.
#pragma once

#include <cstdint>
#include <optional>

#include "server/search/parameter.h"

namespace hpsearch::search {

// The place that has the value (Parameter::PlaceOf: of a range the nearest), where the axis has one; else, where
// refinement moves along a grid, the nearest multiple of 1 / `finest` on its lattice, if refinement may go there.
// nullopt: there is none.
std::optional<Place> NearestPlace(const Parameter& parameter, const Scalar& value, std::int64_t finest);

}  // namespace hpsearch::search
