#include "server/rpc/page.h"

#include <fmt/format.h>

#include <algorithm>

namespace hpsearch::rpc {
namespace {

constexpr std::int64_t kDefaultPage = 100;
constexpr std::int64_t kMostPage = 1000;

}  // namespace

absl::StatusOr<std::int64_t> PageSize(std::int32_t asked) {
  if (asked < 0) {
    return absl::InvalidArgumentError(fmt::format("page_size: {}; 0 to {} is wanted", asked, kMostPage));
  }
  return asked == 0 ? kDefaultPage : std::min<std::int64_t>(asked, kMostPage);
}

absl::Status WrongPageToken() {
  return absl::InvalidArgumentError("page_token: not one of an earlier answer to this request");
}

}  // namespace hpsearch::rpc
