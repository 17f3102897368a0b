// What to say of a name that is not there: what there is, and which of it may have been meant. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hpsearch::model {

// The one of `names` that `name` is most likely a slip of; nullopt where none is close.
std::optional<std::string> Closest(std::string_view name, const std::vector<std::string>& names);

// "unknown layer 'dens'; there are: dense, dropout; did you mean 'dense'?"
std::string UnknownName(std::string_view what, std::string_view name, const std::vector<std::string>& names);

// "layer 'conv2d' is not supported yet by this version; there are: dense, dropout"
std::string NotSupportedYet(std::string_view what, std::string_view name, const std::vector<std::string>& names);

}  // namespace hpsearch::model
