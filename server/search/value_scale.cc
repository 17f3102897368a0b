#include "server/search/value_scale.h"

#include <algorithm>
#include <cmath>

namespace hpsearch::search {
namespace {

Scale ScaleIn(const model::Node& document) {
  if (document.Find("logspace") != nullptr || document.Find("geomspace") != nullptr) return Scale::kLog;
  for (const char* key : {"range", "int_range"}) {
    const model::Node* range = document.Find(key);
    const model::Node* scale = range == nullptr ? nullptr : range->Find("scale");
    if (scale == nullptr) continue;
    const auto name = std::ranges::find(ScaleNames(), scale->text());
    return static_cast<Scale>(name - ScaleNames().begin());
  }
  return Scale::kLinear;
}

}  // namespace

double ValueScale::At(double number) const {
  switch (scale) {
    case Scale::kLog:
      return std::log(number / low) / std::log(high / low);
    case Scale::kReverseLog:
      return 1 - std::log((low + high - number) / low) / std::log(high / low);
    case Scale::kLinear:
      break;
  }
  return (number - low) / (high - low);
}

std::optional<ValueScale> ScaleOf(const Parameter& parameter) {
  ValueScale scale{.scale = ScaleIn(parameter.document())};
  bool first = true;
  for (const Place& place : parameter.probes()) {
    const std::optional<double> number = model::NumberIn(parameter.At(place));
    if (!number) return std::nullopt;
    // What is not on the scale is no end of it.
    if (scale.scale == Scale::kLog && *number <= 0) continue;
    scale.low = first ? *number : std::min(scale.low, *number);
    scale.high = first ? *number : std::max(scale.high, *number);
    first = false;
  }
  if (first || scale.low == scale.high) return std::nullopt;
  return scale;
}

}  // namespace hpsearch::search
