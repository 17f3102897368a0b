#include "client/channel/channel.h"

#include <fmt/format.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <cstdint>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"

namespace hpsearch::client {
namespace {

constexpr int kKeepaliveMs = 30'000;  // the server permits one in 10 s
constexpr int kKeepaliveTimeoutMs = 10'000;
constexpr int kFirstReconnectMs = 100;
constexpr int kMostReconnectMs = 2'000;      // a server that comes back is found soon
constexpr int kMostRequestBytes = 4 << 20;   // the server's bound: what it would refuse is not sent
constexpr int kMostMessageBytes = 16 << 20;  // a server's answers stay below 13 MiB

// gRPC takes much else: a host alone is reached at port 443, a path is a socket.
absl::Status CheckAddress(const std::string& address) {
  const std::size_t colon = address.rfind(':');
  const std::string host = address.substr(0, colon);
  std::uint32_t port = 0;
  const bool bracketed = host.size() > 2 && host.front() == '[' && host.back() == ']';
  const bool plain = !host.empty() && host.find_first_of(":/[]%@ \t\n") == std::string::npos;
  if (colon != std::string::npos && (bracketed || plain) && absl::SimpleAtoi(address.substr(colon + 1), &port) &&
      port >= 1 && port <= 65535) {
    return absl::OkStatus();
  }
  return absl::InvalidArgumentError(
      fmt::format("server address '{}': HOST:PORT is wanted, such as lab:7070 or [::1]:7070", address));
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& address, Connection connection) {
  if (absl::Status status = CheckAddress(address); !status.ok()) return status;
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, kKeepaliveMs);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, kKeepaliveTimeoutMs);
  // A watch sends nothing, and gRPC would leave off after two pings: a server whose machine is gone, unnoticed.
  arguments.SetInt(GRPC_ARG_HTTP2_MAX_PINGS_WITHOUT_DATA, 0);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, kFirstReconnectMs);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, kMostReconnectMs);
  // A proxy of the environment is for the web, and would only stand between two machines of one network.
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  if (connection == Connection::kOwn) arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetMaxReceiveMessageSize(kMostMessageBytes);
  arguments.SetMaxSendMessageSize(kMostRequestBytes);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

}  // namespace hpsearch::client
