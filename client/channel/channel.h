// How anyone here reaches a server: its address, keepalive, retries. Any thread.
#pragma once

#include <memory>
#include <string>

namespace grpc {
class Channel;
}

namespace hpsearch::client {

// Makes no connection yet. Keepalive pings are no more frequent than the server permits.
std::shared_ptr<grpc::Channel> OpenChannel(const std::string& address);

}  // namespace hpsearch::client
