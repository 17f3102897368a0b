#include "server/listen/listen_address.h"

#include <fmt/format.h>

#include <boost/asio/ip/address.hpp>
#include <charconv>
#include <string_view>

#include "absl/status/status.h"

namespace hpsearch::listen {

std::string ListenAddress::ToString() const { return fmt::format("{}:{}", host, port); }

absl::StatusOr<ListenAddress> ParseListenAddress(const std::string& text) {
  const absl::Status wrong = absl::InvalidArgumentError(
      fmt::format("listen address '{}': HOST:PORT is wanted, such as 127.0.0.1:7070 or [::1]:7070", text));
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return wrong;
  ListenAddress address;
  const std::string_view port = std::string_view(text).substr(colon + 1);
  const auto [end, port_error] = std::from_chars(port.data(), port.data() + port.size(), address.port);
  if (port.empty() || port_error != std::errc() || end != port.data() + port.size()) return wrong;
  std::string host = text.substr(0, colon);
  if (host == "localhost") host = "127.0.0.1";
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  boost::system::error_code error;
  const auto ip = boost::asio::ip::make_address(bracketed ? host.substr(1, host.size() - 2) : host, error);
  if (error || ip.is_v6() != bracketed) return wrong;
  address.host = host;
  address.loopback = ip.is_loopback();
  return address;
}

absl::Status CheckReach(const ListenAddress& address, bool insecure) {
  if (address.loopback || insecure) return absl::OkStatus();
  return absl::PermissionDeniedError(fmt::format(
      "{} can be reached from other machines, and there is no authentication yet; listen on 127.0.0.1, "
      "or permit it with --insecure",
      address.host));
}

}  // namespace hpsearch::listen
