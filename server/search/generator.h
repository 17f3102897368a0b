// What makes an axis's values: a constant, a list, one of numpy's spaces, or a range, as the study file writes
// them. Values; pure; from any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/search/place.h"
#include "server/search/range.h"

namespace hpsearch::search {

using model::Scalar;

struct Constant {
  Scalar value;
};
struct Values {
  std::vector<Scalar> values;
};
struct Linspace {
  double start = 0, stop = 0;
  std::int64_t num = 50;
  bool endpoint = true;
};
struct Logspace {
  double start = 0, stop = 0;
  std::int64_t num = 50;
  bool endpoint = true;
  double base = 10;
};
struct Geomspace {
  double start = 0, stop = 0;
  std::int64_t num = 50;
  bool endpoint = true;
};
using Generator = std::variant<Constant, Values, Linspace, Logspace, Geomspace, Range, IntRange>;

// An axis is materialised, a place a value: at most so many.
inline constexpr std::int64_t kMaxAxisValues = 1'000'000;

// The keys that name a generator: values, linspace, ...
const std::vector<std::string>& GeneratorNames();
// Reads what stands under such a key; `path` is that of the key. nullopt: it has faults, which were added.
std::optional<Generator> ReadGenerator(std::string_view key, const model::Node& node, const std::string& path,
                                       model::Faults& faults);

// What makes a scalar unfit to be a value: a number that is not finite, a text that may not stand; nullopt:
// nothing.
std::optional<std::string> FaultOf(const Scalar& value);

// What stands under its key, in canonical form: every argument written out.
model::Node GeneratorDocument(const Generator& generator);

// How many values numpy's function returns; 0 for all else.
std::int64_t LatticePoints(const Generator& generator);
// The value at a place of the generator's lattice: where the index is whole and one of numpy's, numpy's value to
// the bit; elsewhere start + step * index on the same scale. A range's lattice has `low` at 0 and `high` at 1.
// Requires: one of numpy's, or a range; !place.listed.
double LatticeValue(const Generator& generator, const Place& place);

}  // namespace hpsearch::search
