// Checks that requests share. Errors: INVALID_ARGUMENT, with the field, what it holds and what would be right.
#pragma once

#include <cstddef>
#include <string_view>

#include "absl/status/status.h"

namespace hpsearch::rpc {

// Printable ASCII of `least` to `most` characters.
absl::Status CheckText(std::string_view field, std::string_view text, std::size_t least, std::size_t most);

absl::Status CheckRequestId(std::string_view request_id);

}  // namespace hpsearch::rpc
