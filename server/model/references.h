// References: "$name" is a whole scalar anywhere in a document's model, training or dataset; "$$" begins a
// literal "$". Beside them stand switches, which choose a branch by a parameter's value, and repetitions of
// layers. Found here for checking, resolved here for a trial. Pure.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/model/document.h"

namespace hpsearch::model {

// The parameter that a scalar names, or nullopt: {"$dropout"} -> "dropout".
std::optional<std::string_view> ReferenceIn(const Node& node);

// The value of a parameter; nullopt where the parameter is absent from the point.
using Lookup = std::function<std::optional<Scalar>(std::string_view parameter)>;

// Of a parameter that each repetition has its own of (`per: n`) the parameter that counts them; nullopt: it is
// none.
using PerRepetition = std::function<std::optional<std::string_view>(std::string_view parameter)>;

// A section without anything open in it.
struct Resolved {
  Node section;
  // Of a list of layers where each of them stood, from the section: "[2].repeat.layers[0]".
  std::vector<std::string> sources;
};

// The section with each reference replaced by its value and each "$$" by "$", each switch by the branch that it
// names, each repetition by its layers (their names with the repetition's number behind them: "block_2"). A
// mapping's key whose reference is absent is left out. The result names no parameters.
// Repetitions that come to more layers than a network may have are cut where it has too many.
Resolved Resolve(const Node& section, const Lookup& lookup, const PerRepetition& per = {});
// The same without the places.
Node Substitute(const Node& section, const Lookup& lookup, const PerRepetition& per = {});

// Whether a switch or a repetition stands in it.
bool HasBranches(const Node& section);
// Whether it names a parameter anywhere, in a switch or elsewhere.
bool HasReferences(const Node& section);
// Where in the section what stands in its resolved form at `path` (".optimizer.sgd", "[2]") came from: the same
// path, with the keys of the branches that were taken. Of what is not there, as far as it is.
std::string PlaceOf(const Node& section, std::string_view path, const Lookup& lookup);
// {switch: $p, a: ..., b: ...}
bool IsSwitch(const Node& node);
// {repeat: {times: $n, layers: [...]}}
bool IsRepeat(const Node& node);

// The parameter "units" of the second repetition: "units_2".
std::string NameOfRepetition(std::string_view parameter, std::int64_t repetition);

inline constexpr const char* kSwitch = "switch";
inline constexpr const char* kRepeat = "repeat";

}  // namespace hpsearch::model
