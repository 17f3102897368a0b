#include "server/rpc/request_check.h"

#include <fmt/format.h>

#include <algorithm>

namespace hpsearch::rpc {

absl::Status CheckText(std::string_view field, std::string_view text, std::size_t least, std::size_t most) {
  if (text.size() < least || text.size() > most) {
    return absl::InvalidArgumentError(
        fmt::format("{}: {} characters; {} to {} are wanted", field, text.size(), least, most));
  }
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return absl::InvalidArgumentError(fmt::format("{}: printable ASCII is wanted", field));
  }
  return absl::OkStatus();
}

absl::Status CheckRequestId(std::string_view request_id) { return CheckText("request_id", request_id, 1, 128); }

}  // namespace hpsearch::rpc
