// hpsearch dashboard: one page over a database, whether or not a coordinator runs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/interrupts.h"
#include "client/cli/target.h"
#include "client/cli/verbs/verbs.h"
#include "server/dashboard/http_server.h"

namespace hpsearch::cli {
namespace {

int Serve(dashboard::HttpOptions options) {
  StopOnSignal signals;
  options.database = ResolveDatabase(options.database);
  auto server = dashboard::HttpServer::Start(options);
  if (!server.ok()) return FailToServe(server.status());
  fmt::print(stderr, "dashboard on http://{}\n", (*server)->address());
  signals.WaitForStop();
  (*server)->Stop();
  return kDone;
}

}  // namespace

void AddDashboard(App& app) {
  auto options = std::make_shared<dashboard::HttpOptions>();
  CLI::App& verb = app.AddVerb(kRunGroup, "dashboard", "Shows a database's studies in the browser",
                               [options] { return Serve(*options); });
  verb.add_option("--db", options->database, "The database file; default HPSEARCH_DB, else ./hpsearch.db")
      ->type_name("FILE");
  verb.add_option("--listen", options->listen, "Where the page is")->type_name("HOST:PORT")->capture_default_str();
  verb.add_flag("--insecure", options->insecure,
                "Permits an address that is not loopback, without authentication");
}

}  // namespace hpsearch::cli
