#include "client/cli/target.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdlib>

#include "client/channel/channel.h"
#include "client/cli/grpc_source.h"
#include "client/cli/reader_source.h"
#include "server/rpc/server.h"

namespace hpsearch::cli {
namespace {

std::string Environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string FirstGiven(std::initializer_list<std::string> choices) {
  for (const std::string& choice : choices) {
    if (!choice.empty()) return choice;
  }
  return "";
}

}  // namespace

void AddTargetFlags(CLI::App& verb, TargetFlags& flags) {
  CLI::Option* database =
      verb.add_option("--db", flags.database, "Straight from this database file; no server is needed")
          ->type_name("FILE");
  verb.add_option("--server", flags.server, "The server to ask")->type_name("HOST:PORT")->excludes(database);
}

Target Resolve(const TargetFlags& flags) {
  if (!flags.database.empty()) return {Target::Kind::kDatabase, flags.database};
  const std::string server = FirstGiven({flags.server, Environment("HPSEARCH_SERVER")});
  if (!server.empty()) return {Target::Kind::kServer, server};
  return {Target::Kind::kDatabase, ResolveDatabase(""), Environment("HPSEARCH_DB").empty()};
}

std::string ResolveDatabase(const std::string& flag) {
  return FirstGiven({flag, Environment("HPSEARCH_DB"), kDefaultDatabase});
}

std::string ResolveServer(const std::string& flag) {
  return FirstGiven({flag, Environment("HPSEARCH_SERVER"), kDefaultServer});
}

std::string FlagFor(const Target& target) {
  if (target.kind == Target::Kind::kServer) {
    return target.name == Environment("HPSEARCH_SERVER") ? "" : fmt::format(" --server {}", target.name);
  }
  const bool found_without = Environment("HPSEARCH_SERVER").empty() && target.name == ResolveDatabase("");
  return found_without ? "" : fmt::format(" --db {}", target.name);
}

absl::Status OfFile(const absl::Status& status) {
  return absl::IsUnavailable(status) ? absl::FailedPreconditionError(status.message()) : status;
}

absl::StatusOr<std::unique_ptr<StudySource>> OpenSource(const Target& target) {
  if (target.kind == Target::Kind::kDatabase) return OpenReaderSource(target.name);
  auto channel = client::OpenChannel(target.name);
  if (!channel.ok()) return channel.status();
  return OpenGrpcSource(*channel, target);
}

Connection::~Connection() = default;

absl::StatusOr<std::unique_ptr<Connection>> Connect(const Target& target) {
  auto connection = std::make_unique<Connection>();
  connection->target = target;
  if (target.kind == Target::Kind::kServer) {
    auto channel = client::OpenChannel(target.name);
    if (!channel.ok()) return channel.status();
    connection->channel = *std::move(channel);
    return connection;
  }
  absl::StatusOr<std::unique_ptr<rpc::Server>> server = rpc::Server::Start({target.name, std::nullopt, false});
  if (!server.ok()) {
    if (!absl::IsAborted(server.status())) return OfFile(server.status());
    if (target.by_default) {
      fmt::print(stderr, "{} is in another process's hands; asking the server at {}\n", target.name,
                 kDefaultServer);
      return Connect({Target::Kind::kServer, kDefaultServer});
    }
    return absl::AbortedError(fmt::format("{}; where a server has the file, ask it: --server HOST:PORT",
                                          std::string(server.status().message())));
  }
  connection->embedded = *std::move(server);
  connection->channel = connection->embedded->InProcessChannel();
  return connection;
}

}  // namespace hpsearch::cli
