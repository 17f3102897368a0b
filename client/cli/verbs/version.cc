// hpsearch version: of this program and of what decides its bits.
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <CLI/CLI.hpp>
#include <memory>
#include <nlohmann/json.hpp>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/json_output.h"
#include "client/cli/verbs/verbs.h"
#include "server/store/sqlite_version.h"
#include "worker/nn/onednn_version.h"
#include "worker/train/numerics_digest.h"

namespace hpsearch::cli {
namespace {

struct VersionFlags {
  bool verbose = false, json = false;
};

int Version(const VersionFlags& flags) {
  Json json = {{"hpsearch", HPSEARCH_VERSION},
               {"onednn", nn::OneDnnVersion()},
               {"sqlite", store::SqliteVersion()},
               {"grpc", grpc::Version()}};
  if (flags.verbose) {
    absl::StatusOr<std::string> digest = train::NumericsDigest();
    if (!digest.ok()) return Fail(digest.status());
    json["numerics_digest"] = *std::move(digest);
  }
  if (flags.json) {
    PrintJson(json);
  } else {
    for (const auto& [name, version] : json.items()) fmt::print("{} {}\n", name, version.get<std::string>());
  }
  return kDone;
}

}  // namespace

void AddVersion(App& app) {
  auto flags = std::make_shared<VersionFlags>();
  CLI::App& verb =
      app.AddVerb(kOtherGroup, "version", "What this program is made of", [flags] { return Version(*flags); });
  verb.add_flag("--verbose", flags->verbose, "With the digest of this machine's numerics");
  verb.add_flag("--json", flags->json, "As JSON");
}

}  // namespace hpsearch::cli
