// hpsearch extend STUDY[/TRIAL] --epochs N: more epochs for trials of a study that has ended.
#include <CLI/CLI.hpp>
#include <memory>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/go_on.h"
#include "client/cli/trial_ref.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

struct ExtendFlags {
  GoOnFlags go_on;
  std::string study;
  std::int64_t best = 0;  // 0: not given
  std::int64_t epochs = 0;
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

int Extend(const ExtendFlags& flags) {
  std::string name;
  const absl::StatusOr<study::Extension> extension = ExtensionOf(flags, name);
  if (!extension.ok()) return Fail(extension.status());
  return GoOn(flags.go_on, name, [&](StudyClient& client) { return client.Extend(name, *extension); });
}

}  // namespace

void AddExtend(App& app) {
  auto flags = std::make_shared<ExtendFlags>();
  CLI::App& verb =
      app.AddVerb(kLifeGroup, "extend",
                  "More epochs for the trials of a study that has ended; from a database: trains them "
                  "here",
                  [flags] { return Extend(*flags); });
  AddGoOnFlags(verb, flags->go_on);
  verb.add_option("study", flags->study, "Its name, or one trial's")->type_name("STUDY[/TRIAL]")->required();
  verb.add_option("--epochs", flags->epochs, "The new total")->type_name("N")->required();
  verb.add_option("--best", flags->best, "The best K trials alone")
      ->type_name("K")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000}));
}

}  // namespace hpsearch::cli
