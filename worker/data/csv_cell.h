// What a cell of a table says. Pure; any thread; no errors.
#pragma once

#include <optional>
#include <string_view>

namespace hpsearch::data {

// Nothing, or what people write for it: "?", "NA", "N/A", "NaN", "nan", "null", "NULL".
bool IsMissing(std::string_view cell);

// The float next to the decimal number (std::from_chars: rounded once); nullopt where it is none, or not finite.
std::optional<float> FloatIn(std::string_view cell);
// The same as a double.
std::optional<double> NumberIn(std::string_view cell);

}  // namespace hpsearch::data
