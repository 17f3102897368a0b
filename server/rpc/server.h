// The server's composition root: store, coordinator on its strand, and the gRPC services over them. `hpsearch
// server` listens on an address; `hpsearch run` and the writing verbs with --db use the same thing in process.
//
// Threads: Start and Stop from one thread; Stop may come twice. Owns everything that it starts.
// Errors of Start: INVALID_ARGUMENT (no address), PERMISSION_DENIED (an address that is not loopback without
// `insecure`), UNAVAILABLE (the address is taken), and those of store/sqlite_store.h: ABORTED (another process has
// the file), FAILED_PRECONDITION (it is foreign, damaged or newer).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/rpc/buffer_quota.h"
#include "server/rpc/checkpoint_limits.h"

namespace grpc {
class Channel;
}

namespace hpsearch::rpc {

// What a server bears of its clients; beyond it they are refused (RESOURCE_EXHAUSTED), or their stream is ended.
struct ServerLimits {
  int waiting_reads = 256;  // requests that wait for a reader; each is of 4 MiB at most
  int commands = 256;       // requests at the coordinator, until their answer; of as much each
  std::size_t open_streams = 10'000;
  BufferLimits buffers = {};             // gRPC's
  std::size_t changed_trials = 10'000;   // while a watcher takes nothing; else as WatchBacklog::kMostBehind has it
  std::size_t unsent_messages = 20'000;  // to a worker: far more than the acknowledgements of 1,024 slots
  CheckpointLimits checkpoints = {};
};

struct ServerOptions {
  std::string database;
  std::optional<std::string> listen;  // "127.0.0.1:7070"; port 0 takes a free one; unset: in process only
  bool insecure = false;              // permits any address until there is authentication
  ServerLimits limits = {};
};

class Server {
 public:
  static absl::StatusOr<std::unique_ptr<Server>> Start(ServerOptions options);
  ~Server();  // stops

  // host:port as bound; empty without `listen`.
  std::string address() const;
  // A channel to these services without a socket; nullptr once stopped.
  std::shared_ptr<grpc::Channel> InProcessChannel();
  // Ends sessions and streams, commits what is under way, releases the file.
  void Stop();

 private:
  class Impl;
  explicit Server(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::rpc
