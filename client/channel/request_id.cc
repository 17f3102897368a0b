#include "client/channel/request_id.h"

#include <fmt/format.h>

#include <random>

namespace hpsearch::client {

std::string NewRequestId() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace hpsearch::client
