// hpsearch extend STUDY[/TRIAL] --epochs N: more epochs for trials of a study that has ended.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <filesystem>
#include <memory>
#include <optional>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/grpc_source.h"
#include "client/cli/interrupts.h"
#include "client/cli/study_client.h"
#include "client/cli/target.h"
#include "client/cli/terminal.h"
#include "client/cli/train_here.h"
#include "client/cli/trial_ref.h"
#include "client/cli/verbs/verbs.h"
#include "worker/data/catalog.h"
#include "worker/data/data_path.h"
#include "worker/nn/bf16.h"
#include "worker/nn/instruction_set.h"

namespace hpsearch::cli {
namespace {

struct ExtendFlags {
  TargetFlags target;
  std::string study;
  std::int64_t best = 0;  // 0: not given
  std::int64_t epochs = 0;
  std::optional<std::int64_t> workers;
  bool json = false;
};

// What is named: STUDY, STUDY/TRIAL or STUDY/best.
absl::StatusOr<study::Extension> ExtensionOf(const ExtendFlags& flags, std::string& study) {
  study::Extension extension = {.epochs = flags.epochs};
  study = flags.study;
  if (flags.best > 0) extension.best = flags.best;
  if (flags.study.find('/') == std::string::npos) return extension;
  if (flags.best > 0) return absl::InvalidArgumentError("--best takes a study, not a trial of it");
  const absl::StatusOr<TrialRef> ref = ParseTrialRef(flags.study);
  if (!ref.ok()) return ref.status();
  study = ref->study;
  extension.trial = ref->trial;
  if (!ref->trial) extension.best = 1;
  return extension;
}

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

int Extend(const ExtendFlags& flags) {
  std::string name;
  const absl::StatusOr<study::Extension> extension = ExtensionOf(flags, name);
  if (!extension.ok()) return Fail(extension.status());
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
  const auto study = StudyClient((*connection)->channel, (*connection)->target).Extend(name, *extension);
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

}  // namespace

void AddExtend(App& app) {
  auto flags = std::make_shared<ExtendFlags>();
  CLI::App& verb =
      app.AddVerb(kLifeGroup, "extend",
                  "More epochs for the trials of a study that has ended; from a database: trains them "
                  "here",
                  [flags] { return Extend(*flags); });
  AddTargetFlags(verb, flags->target);
  verb.add_option("study", flags->study, "Its name, or one trial's")->type_name("STUDY[/TRIAL]")->required();
  verb.add_option("--epochs", flags->epochs, "The new total")->type_name("N")->required();
  verb.add_option("--best", flags->best, "The best K trials alone")
      ->type_name("K")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000}));
  verb.add_option("--workers", flags->workers,
                  "From a database: trials side by side; default: as keep the cores busy")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  verb.add_flag("--json", flags->json, "From a database: the result as JSON");
}

}  // namespace hpsearch::cli
