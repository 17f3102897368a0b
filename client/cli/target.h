// Where a verb reads and writes: --db FILE, --server HOST:PORT, else HPSEARCH_SERVER, else HPSEARCH_DB, else
// ./hpsearch.db; and the way there: a reader over the file or a server's channel for reads, a server (this
// process's own over the file, where there is no other) for writes.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/study_source.h"

namespace CLI {
class App;
}
namespace grpc {
class Channel;
}
namespace hpsearch::rpc {
class Server;
}

namespace hpsearch::cli {

inline constexpr const char* kDefaultDatabase = "hpsearch.db";
inline constexpr const char* kDefaultServer = "127.0.0.1:7070";

// The flags as given; empty: not given.
struct TargetFlags {
  std::string database;
  std::string server;
};
void AddTargetFlags(CLI::App& verb, TargetFlags& flags);

struct Target {
  enum class Kind { kDatabase, kServer };
  Kind kind = Kind::kDatabase;
  std::string name;         // the file, or host:port
  bool by_default = false;  // neither a flag nor the environment named it
};
Target Resolve(const TargetFlags& flags);

// --db FILE, else HPSEARCH_DB, else ./hpsearch.db: of the verbs that have a database of their own.
std::string ResolveDatabase(const std::string& flag);
// --server HOST:PORT, else HPSEARCH_SERVER, else 127.0.0.1:7070: of `worker`.
std::string ResolveServer(const std::string& flag);

// " --db FILE" or " --server HOST:PORT", for the commands that messages suggest; empty where it is the default.
std::string FlagFor(const Target& target);

// UNAVAILABLE says that a server is not reached. Of a file (no such folder, a full disk, another program's lock)
// it becomes FAILED_PRECONDITION; all else stays.
absl::Status OfFile(const absl::Status& status);
template <class T>
absl::StatusOr<T> OfFile(absl::StatusOr<T> result) {
  if (!result.ok()) return OfFile(result.status());
  return result;
}

// INVALID_ARGUMENT: a server's address that is not HOST:PORT.
absl::StatusOr<std::unique_ptr<StudySource>> OpenSource(const Target& target);

// A channel to what may write there. `embedded` is the server of this process, where it takes one; it must outlive
// the channel's use. Where the file is ./hpsearch.db by default and a server has it, the server at the default
// address is asked instead, as `hpsearch server` and `hpsearch submit FILE` in one folder mean it.
// ABORTED: another process has the file. FAILED_PRECONDITION: the file is not to be had (foreign, damaged, newer,
// no such folder). INVALID_ARGUMENT: an address that is not HOST:PORT.
struct Connection {
  Target target;  // what was reached
  std::unique_ptr<rpc::Server> embedded;
  std::shared_ptr<grpc::Channel> channel;
  ~Connection();
};
absl::StatusOr<std::unique_ptr<Connection>> Connect(const Target& target);

}  // namespace hpsearch::cli
