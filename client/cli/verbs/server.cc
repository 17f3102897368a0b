// hpsearch server: the coordinator and its database, for workers and clients elsewhere.
#include "server/rpc/server.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <condition_variable>
#include <cstdio>
#include <memory>
#include <mutex>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/interrupts.h"
#include "client/cli/target.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

struct ServerFlags {
  std::string database;
  std::string listen = kDefaultServer;
  bool insecure = false;
};

int Serve(const ServerFlags& flags) {
  StopOnSignal signals;
  auto server = rpc::Server::Start(
      {.database = ResolveDatabase(flags.database), .listen = flags.listen, .insecure = flags.insecure});
  if (!server.ok()) return FailToServe(server.status());
  fmt::print(stderr, "listening on {}\n", (*server)->address());
  signals.WaitForStop();
  fmt::print(stderr, "stopping\n");
  (*server)->Stop();
  return kDone;
}

}  // namespace

void AddServer(App& app) {
  auto flags = std::make_shared<ServerFlags>();
  CLI::App& verb = app.AddVerb(kRunGroup, "server", "Coordinates workers over a database, until it is stopped",
                               [flags] { return Serve(*flags); });
  verb.add_option("--db", flags->database, "The database file; default HPSEARCH_DB, else ./hpsearch.db")
      ->type_name("FILE");
  verb.add_option("--listen", flags->listen, "Where clients and workers connect")
      ->type_name("HOST:PORT")
      ->capture_default_str();
  verb.add_flag("--insecure", flags->insecure, "Permits an address that is not loopback, without authentication");
}

}  // namespace hpsearch::cli
