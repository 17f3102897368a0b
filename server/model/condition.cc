#include "server/model/condition.h"

#include <algorithm>
#include <cmath>

#include "server/model/json.h"

namespace hpsearch::model {

std::string BranchName(const Scalar& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<double>(&value)) {
    const bool whole = *number == std::floor(*number) && *number >= -kInt64End && *number < kInt64End;
    if (whole) return ToJson(Scalar(static_cast<std::int64_t>(*number)));
  }
  return ToJson(value);
}

std::string BranchName(std::string_view key) {
  const absl::StatusOr<Node> read = FromJson(key);
  if (read.ok() && read->is_scalar() && NumberIn(read->scalar())) return BranchName(read->scalar());
  return std::string(key);
}

bool Condition::Holds(const std::optional<Scalar>& value) const {
  if (!value.has_value()) return false;
  if (!names.empty()) return std::ranges::binary_search(names, BranchName(*value));
  const std::optional<double> number = NumberIn(*value);
  return number.has_value() && domain.Contains(*number);
}

}  // namespace hpsearch::model
