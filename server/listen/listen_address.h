// The address that a server listens on: HOST:PORT, the host being "localhost", an IPv4 address or [IPv6]; the same
// for gRPC and for the dashboard. Pure.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"

namespace hpsearch::listen {

struct ListenAddress {
  std::string host;  // an address as it stands in a URL: IPv6 in brackets
  std::uint16_t port = 0;
  bool loopback = false;

  std::string ToString() const;  // host:port
};

// INVALID_ARGUMENT: anything else. "localhost" is 127.0.0.1.
absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text);

// PERMISSION_DENIED: others could reach it, which nobody has said `insecure` to; there is no authentication yet.
absl::Status CheckReach(const ListenAddress& address, bool insecure);

}  // namespace hpsearch::listen
