// hpsearch pause, resume, stop, cancel STUDY.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/follow.h"
#include "client/cli/grpc_source.h"
#include "client/cli/json_output.h"
#include "client/cli/study_client.h"
#include "client/cli/target.h"
#include "client/cli/terminal.h"
#include "client/cli/verbs/verbs.h"
#include "server/rpc/server.h"

namespace hpsearch::cli {
namespace {

struct LifeCycleFlags {
  TargetFlags target;
  std::string study;
  bool json = false;
};

int Apply(Change change, const LifeCycleFlags& flags) {
  if (flags.study.find('/') != std::string::npos) {
    return Fail(absl::InvalidArgumentError(
        fmt::format("'{}': this version cannot do that to a single trial yet; name its study", flags.study)));
  }
  const Target target = Resolve(flags.target);
  // A server would make the file; there is no study in what is not there.
  if (target.kind == Target::Kind::kDatabase && !std::filesystem::exists(target.name)) {
    return Fail(absl::NotFoundError(fmt::format("no database {}; --db FILE or --server HOST:PORT", target.name)));
  }
  auto connection = Connect(target);
  if (!connection.ok()) return Fail(connection.status());
  const auto study = StudyClient((*connection)->channel, (*connection)->target).Apply(change, flags.study);
  if (!study.ok()) return Fail(study.status());
  if (flags.json) {
    const auto source = OpenGrpcSource((*connection)->channel, (*connection)->target);
    const auto now = source->Study(study->study);  // an answer has no best point where the best is another by now
    if (!now.ok()) return Fail(now.status());
    const auto best = BestOf(*source, *now);
    if (!best.ok()) return Fail(best.status());
    const auto rounds = source->Rounds(now->study);
    if (!rounds.ok()) return Fail(rounds.status());
    PrintJson(StudyDetailsJson(*now, *best, *rounds));
  } else {
    fmt::print("{}: {}\n", PrintableLine(study->study), PrintableLine(study->state));
  }
  return kDone;
}

void Add(App& app, const char* name, Change change, const char* description) {
  auto flags = std::make_shared<LifeCycleFlags>();
  CLI::App& verb = app.AddVerb(kLifeGroup, name, description, [change, flags] { return Apply(change, *flags); });
  AddTargetFlags(verb, flags->target);
  verb.add_option("study", flags->study, "Its name")->type_name("STUDY")->required();
  verb.add_flag("--json", flags->json, "The study as JSON");
}

}  // namespace

void AddLifeCycle(App& app) {
  Add(app, "pause", Change::kPause, "Starts no further trials; running ones finish");
  Add(app, "resume", Change::kResume, "Goes on from a pause");
  Add(app, "stop", Change::kStop, "Ends the study when its running trials have finished");
  Add(app, "cancel", Change::kCancel, "Ends the study and its running trials at once");
}

}  // namespace hpsearch::cli
