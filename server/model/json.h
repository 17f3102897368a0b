// Documents and JSON. Numbers are written so that they read back to the same bits; integers stay integers and
// numbers keep a point or an exponent, so that a document survives the way there and back unchanged.
//
// Pure; from any thread. Errors: INVALID_ARGUMENT from FromJson alone.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "server/model/document.h"

namespace hpsearch::model {

std::string ToJson(const Node& node);
std::string ToJson(const Scalar& scalar);
// INVALID_ARGUMENT: not JSON, nested deeper than 64, a key twice in one mapping, or larger than 16 MiB.
absl::StatusOr<Node> FromJson(std::string_view text);

}  // namespace hpsearch::model
