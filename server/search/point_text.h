// A point as text, for the database: its places in the parameters' order, a space between them. "3/8" and "2" are
// places of a lattice, "#4" one of a list (of an int_range the integer), "-" where the parameter is absent.
// Exact both ways. Pure; from any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "server/search/box.h"

namespace hpsearch::search {

std::string ToText(const Point& point);
// nullopt: that is no point's text.
std::optional<Point> PointFrom(std::string_view text);

}  // namespace hpsearch::search
