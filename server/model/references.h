// References: "$name" is a whole scalar anywhere in a document's model, training or dataset; "$$" begins a
// literal "$". Found here for checking, substituted here for a trial. Pure.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "server/model/document.h"

namespace hpsearch::model {

// The parameter that a scalar names, or nullopt: {"$dropout"} -> "dropout".
std::optional<std::string_view> ReferenceIn(const Node& node);

// The value of a parameter; nullopt where the parameter is absent from the point.
using Lookup = std::function<std::optional<Scalar>(std::string_view parameter)>;

// The section with each reference replaced by its value and each "$$" by "$". A mapping's key whose reference is
// absent is left out. The result names no parameters.
Node Substitute(const Node& section, const Lookup& lookup);

}  // namespace hpsearch::model
