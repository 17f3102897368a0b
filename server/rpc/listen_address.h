// The address that a server listens on: HOST:PORT, the host being "localhost", an IPv4 address or [IPv6].
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace hpsearch::rpc {

struct ListenAddress {
  std::string host;  // an address as it stands in a URL: IPv6 in brackets
  std::uint16_t port = 0;
  bool loopback = false;

  std::string ToString() const;  // host:port
};

// INVALID_ARGUMENT: anything else. "localhost" is 127.0.0.1.
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text);

}  // namespace hpsearch::rpc
