// hpsearch run FILE: server, coordinator and workers in this process, until the study ends.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <memory>
#include <optional>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/interrupts.h"
#include "client/cli/study_argument.h"
#include "client/cli/study_client.h"
#include "client/cli/target.h"
#include "client/cli/train_here.h"
#include "client/cli/verbs/verbs.h"
#include "server/rpc/server.h"
#include "worker/data/catalog.h"
#include "worker/data/data_path.h"
#include "worker/nn/bf16.h"
#include "worker/nn/instruction_set.h"

namespace hpsearch::cli {
namespace {

struct RunFlags {
  StudyFileFlags study;
  std::string database;
  std::optional<std::int64_t> workers;
  bool json = false;
};

// The study of the file, going on: created, found as it was, or resumed from a pause.
absl::StatusOr<store::StudyRow> Begin(StudyClient& client, const study::StudySpec& spec) {
  absl::StatusOr<Created> created = client.Create(spec, /*validate_only=*/false);
  if (!created.ok()) return created.status();
  const store::StudyRow& study = created->study;
  if (created->existed) {
    fmt::print(stderr, "{}: is there already, {}; {} of {} trials are done\n", study.study, study.state,
               EndedTrials(study), study.planned_trials);
  }
  if (study.state == "PAUSED") return client.Apply(Change::kResume, study.study);
  return study;
}

int Run(const RunFlags& flags) {
  StopOnSignal signals;
  const auto catalog = std::make_shared<data::Catalog>(data::DataPath());
  const auto spec = LoadStudy(flags.study, catalog);
  if (spec == nullptr) return kUsage;

  const model::InstructionSet instruction_set = nn::InstructionSetNamed(study::InstructionSetOf(*spec));
  // Before the study is made, so that a processor that lacks it leaves none behind.
  if (absl::Status status = nn::PinInstructionSet(instruction_set); !status.ok()) return Fail(status);
  if (study::MayWantBf16(*spec) && !nn::HasBf16()) return Fail(absl::FailedPreconditionError(nn::kNoBf16));

  const Target target{Target::Kind::kDatabase, ResolveDatabase(flags.database)};
  auto connection = Connect(target);
  if (!connection.ok()) return Fail(connection.status());
  StudyClient client((*connection)->channel, target);
  auto study = Begin(client, *spec);
  if (!study.ok()) return Fail(study.status());
  return TrainHere({**connection, target, catalog, flags.workers, signals, flags.json}, *study, *spec);
}

}  // namespace

void AddRun(App& app) {
  auto flags = std::make_shared<RunFlags>();
  CLI::App& verb = app.AddVerb(kRunGroup, "run", "Runs a study in this process, until it ends; again: goes on",
                               [flags] { return Run(*flags); });
  AddStudyFileFlags(verb, flags->study);
  verb.add_option("--db", flags->database, "The database file; default HPSEARCH_DB, else ./hpsearch.db")
      ->type_name("FILE");
  verb.add_option("--workers", flags->workers, "Trials side by side; default: cores / training.threads")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  verb.add_flag("--json", flags->json, "The result as JSON");
}

}  // namespace hpsearch::cli
