// How anyone here reaches a server: its address, keepalive, retries. Any thread. Errors: INVALID_ARGUMENT, an
// address that is not HOST:PORT.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class Channel;
}

namespace hpsearch::client {

// kOwn: one that no other channel of this process shares, as if it led from another machine.
enum class Connection { kShared, kOwn };

// HOST:PORT, [IPv6]:PORT. Makes no connection yet. Keepalive pings are no more frequent than the server permits.
absl::StatusOr<std::shared_ptr<grpc::Channel>> OpenChannel(const std::string& address,
                                                           Connection connection = Connection::kShared);

}  // namespace hpsearch::client
