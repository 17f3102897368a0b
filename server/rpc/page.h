// The pages of a list: how long one may be. Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hpsearch::rpc {

// A page ends early where it would be longer than this, but with one element at least. Clients take twice as much.
inline constexpr std::size_t kMostPageBytes = 8 << 20;

// What a request's page_size stands for: 100 where it is 0, and 1,000 where it is more. INVALID_ARGUMENT: below 0.
absl::StatusOr<std::int64_t> PageSize(std::int32_t asked);

// INVALID_ARGUMENT: the request's page_token was never an answer's.
absl::Status WrongPageToken();

}  // namespace hpsearch::rpc
