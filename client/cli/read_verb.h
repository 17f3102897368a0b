// What the reading verbs share: a target, --json, and a source opened before the verb does its work. Pure wiring.
#pragma once

#include <CLI/CLI.hpp>
#include <memory>
#include <optional>
#include <string>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/interrupts.h"
#include "client/cli/study_source.h"
#include "client/cli/target.h"

namespace hpsearch::cli {

struct ReadFlags {
  TargetFlags target;
  std::string study;  // or STUDY/TRIAL; empty where the verb takes none
  bool json = false;
  bool follows = false;  // the verb stays until a study ends, or a signal comes
};

struct Reading {
  StudySource& source;
  Target target;
  StopOnSignal* signals;  // of a verb that follows; else null
};

// Adds a verb whose `action(reading, flags)` returns the exit code. `Flags` derives from ReadFlags.
template <class Flags, class Action>
CLI::App& AddReadVerb(App& app, const std::string& group, const std::string& name, const std::string& description,
                      const std::shared_ptr<Flags>& flags, Action action) {
  CLI::App& verb = app.AddVerb(group, name, description, [flags, action]() -> int {
    // Before the source, whose threads leave the signals to it.
    std::optional<StopOnSignal> signals;
    if (flags->follows) signals.emplace();
    const Target target = Resolve(flags->target);
    auto source = OpenSource(target);
    if (!source.ok()) return Fail(source.status());
    return action(Reading{**source, target, signals ? &*signals : nullptr}, *flags);
  });
  AddTargetFlags(verb, flags->target);
  verb.add_flag("--json", flags->json, "As JSON");
  return verb;
}

inline void AddStudyArgument(CLI::App& verb, ReadFlags& flags, const char* type = "STUDY") {
  verb.add_option("study", flags.study, "Its name")->type_name(type)->required();
}

}  // namespace hpsearch::cli
