// What a parameter's presence, a branch or a repetition depends on: the value of another parameter. Plain values;
// pure; from any thread; no errors.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/model/document.h"
#include "server/model/domain.h"

namespace hpsearch::model {

// A value as a branch names it: a text as it is, everything else in JSON's spelling, whole numbers without a
// point.
std::string BranchName(const Scalar& value);
// The same of a branch's key, which is text whatever it stands for: "1.0" names 1.
std::string BranchName(std::string_view key);

// Holds where the parameter's value is one of those named, or a number in the domain.
struct Condition {
  std::string parameter;
  std::vector<std::string> names;  // BranchNames, ascending; empty: the domain says
  Domain domain;

  bool Holds(const std::optional<Scalar>& value) const;  // nullopt, an absent parameter: it does not
  bool operator==(const Condition&) const = default;
};

// All of them hold; none: always.
using Conditions = std::vector<Condition>;

}  // namespace hpsearch::model
