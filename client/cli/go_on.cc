#include "client/cli/go_on.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>

#include "client/cli/exit_code.h"
#include "client/cli/grpc_source.h"
#include "client/cli/interrupts.h"
#include "client/cli/terminal.h"
#include "client/cli/train_here.h"
#include "worker/data/catalog.h"
#include "worker/data/data_path.h"
#include "worker/nn/bf16.h"
#include "worker/nn/instruction_set.h"

namespace hpsearch::cli {
namespace {

// Whether this process can train the study; before anything is changed.
absl::Status CanTrain(StudySource& source, const std::string& name, data::Catalog& catalog) {
  const absl::StatusOr<store::StudyRow> study = source.Study(name);
  if (!study.ok()) return study.status();
  const auto spec = study::ReadSpec(study->spec);
  if (!spec.ok()) return spec.status();
  absl::Status status = nn::PinInstructionSet(nn::InstructionSetNamed(study::InstructionSetOf(**spec)));
  if (!status.ok()) return status;
  if (study::MayWantBf16(**spec) && !nn::HasBf16()) return absl::FailedPreconditionError(nn::kNoBf16);
  for (const std::string& dataset : (*spec)->datasets) {
    if (absl::Status loaded = catalog.Load(dataset).status(); !loaded.ok()) return loaded;
  }
  return absl::OkStatus();
}

}  // namespace

void AddGoOnFlags(CLI::App& verb, GoOnFlags& flags) {
  AddTargetFlags(verb, flags.target);
  verb.add_option("--workers", flags.workers,
                  "From a database: trials side by side; default: as keep the cores busy")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  verb.add_flag("--json", flags.json, "From a database: the result as JSON");
}

int GoOn(const GoOnFlags& flags, const std::string& name,
         const std::function<absl::StatusOr<store::StudyRow>(StudyClient&)>& change) {
  StopOnSignal signals;
  const Target target = Resolve(flags.target);
  // A server would make the file; there is no study in what is not there.
  if (target.kind == Target::Kind::kDatabase && !std::filesystem::exists(target.name)) {
    return Fail(absl::NotFoundError(fmt::format("no database {}; --db FILE or --server HOST:PORT", target.name)));
  }
  auto connection = Connect(target);
  if (!connection.ok()) return Fail(connection.status());
  const auto catalog = std::make_shared<data::Catalog>(data::DataPath());
  if ((*connection)->embedded != nullptr) {
    const absl::Status fits =
        CanTrain(*OpenGrpcSource((*connection)->channel, (*connection)->target), name, *catalog);
    if (!fits.ok()) return Fail(fits);
  }
  StudyClient client((*connection)->channel, (*connection)->target);
  const absl::StatusOr<store::StudyRow> study = change(client);
  if (!study.ok()) return Fail(study.status());
  if ((*connection)->embedded == nullptr) {  // a server's workers do the rest
    fmt::print("{}: {}\n", PrintableLine(study->study), PrintableLine(study->state));
    return kDone;
  }
  const auto spec = study::ReadSpec(study->spec);
  if (!spec.ok()) return Fail(spec.status());
  const char* again = "hpsearch run, with the study's file,";
  return TrainHere({**connection, (*connection)->target, catalog, flags.workers, signals, flags.json, again},
                   *study, **spec);
}

}  // namespace hpsearch::cli
