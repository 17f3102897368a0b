// hpsearch submit FILE: hands a study to a server and prints its name.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <filesystem>
#include <memory>
#include <system_error>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/follow.h"
#include "client/cli/interrupts.h"
#include "client/cli/reader_source.h"
#include "client/cli/study_argument.h"
#include "client/cli/study_client.h"
#include "client/cli/target.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"
#include "client/cli/verbs/verbs.h"
#include "server/rpc/server.h"
#include "server/search/round.h"

namespace hpsearch::cli {
namespace {

struct SubmitFlags {
  StudyFileFlags study;
  TargetFlags target;
  bool dry_run = false, wait = false, follow = false;
};

int FollowToEnd(const SubmitFlags& flags, const Target& target, const std::string& study, StopOnSignal& signals) {
  auto source = OpenSource(target);
  if (!source.ok()) return Fail(source.status());
  const auto ended = Follow(**source, study, signals.token(), flags.follow ? Show::kProgress : Show::kNothing);
  if (!ended.ok()) {
    if (absl::IsCancelled(ended.status()) && signals.stopped()) {
      fmt::print(stderr, "{} goes on at the server; hpsearch watch {}{}\n", study, study, FlagFor(target));
      return kInterrupted;
    }
    return Fail(ended.status());
  }
  if (flags.follow) {
    const auto best = BestOf(**source, *ended);
    if (!best.ok()) return Fail(best.status());
    fmt::print(stderr, "{}: {}{}{}\n{}", ended->study, ended->state, ended->reason.empty() ? "" : ": ",
               Printable(ended->reason), BestText(*ended, *best, target, HasColour(stderr)));
  }
  return ExitCodeOf(*ended);
}

void SayPlan(const std::string& study, std::int64_t trials, std::int64_t most) {
  fmt::print(stderr, "{}: would run {} trials, at most {}; nothing was submitted\n", study, trials, most);
  fmt::print("{}\n", study);
}

// Whether the file could take a study of that name and meaning, by reading it alone, whoever else has it. A file
// that is not there, or is empty, would be made. The words of ALREADY_EXISTS are those of a submit.
absl::Status CheckName(const std::string& file, const study::StudySpec& spec) {
  std::error_code error;
  if (std::filesystem::file_size(file, error) == 0) return absl::OkStatus();
  const auto source = OpenReaderSource(file);
  if (absl::IsNotFound(source.status())) return absl::OkStatus();
  if (!source.ok()) return source.status();
  const auto there = (*source)->Study(spec.name);
  if (absl::IsNotFound(there.status())) return absl::OkStatus();
  if (!there.ok()) return there.status();
  if (study::SameMeaning(there->spec, spec)) return absl::OkStatus();
  return absl::AlreadyExistsError(
      fmt::format("study {} is there already, with another specification: give this one another name (--name "
                  "NAME); --name NAME gives this one another name",
                  spec.name));
}

// A file needs no server to say what would run.
int DryRun(const std::string& file, const study::StudySpec& spec) {
  const auto rounds = search::Rounds::Open(spec.space, spec.search, spec.seed);
  if (!rounds.ok()) {
    Fail(rounds.status());
    return kUsage;
  }
  if (absl::Status status = CheckName(file, spec); !status.ok()) return Fail(status);
  SayPlan(spec.name, rounds->trials(), study::MostTrials(spec));
  return kDone;
}

int Submit(const SubmitFlags& flags) {
  StopOnSignal signals;
  const auto spec = LoadStudyForServer(flags.study);
  if (spec == nullptr) return kUsage;
  Target target = Resolve(flags.target);
  if (flags.dry_run && target.kind == Target::Kind::kDatabase) return DryRun(target.name, *spec);
  std::string name;
  {
    auto connection = Connect(target);
    if (!connection.ok()) return Fail(connection.status());
    target = (*connection)->target;
    const auto created = StudyClient((*connection)->channel, target).Create(*spec, flags.dry_run);
    if (!created.ok()) return Fail(created.status());
    const store::StudyRow& study = created->study;
    if (flags.dry_run) {
      SayPlan(spec->name, study.planned_trials, study.max_trials);
      return kDone;
    }
    name = study.study;
    if (created->existed) fmt::print(stderr, "{}: is there already, {}\n", name, study.state);
    if ((*connection)->embedded != nullptr && !HasEnded(study)) {
      fmt::print(
          stderr,
          "{0}: waits in {1} for a server: hpsearch server --db {1}, and hpsearch worker beside it; or all in "
          "one: hpsearch run {2} --db {1}\n",
          name, target.name, flags.study.file);
    }
  }
  fmt::print("{}\n", name);
  std::fflush(stdout);
  if (!(flags.wait || flags.follow)) return kDone;
  return FollowToEnd(flags, target, name, signals);
}

}  // namespace

void AddSubmit(App& app) {
  auto flags = std::make_shared<SubmitFlags>();
  CLI::App& verb = app.AddVerb(kRunGroup, "submit", "Hands a study to a server and prints its name",
                               [flags] { return Submit(*flags); });
  AddStudyFileFlags(verb, flags->study);
  AddTargetFlags(verb, flags->target);
  verb.add_flag("--dry-run", flags->dry_run, "Lets the server check the study, and submits nothing");
  verb.add_flag("--wait", flags->wait, "Waits for its end; the exit code is the study's");
  verb.add_flag("--follow", flags->follow, "Shows its progress until it ends");
}

}  // namespace hpsearch::cli
