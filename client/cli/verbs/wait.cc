// hpsearch wait STUDY: returns when it has ended, with the exit code of `run`.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/cli/exit_code.h"
#include "client/cli/follow.h"
#include "client/cli/json_output.h"
#include "client/cli/read_verb.h"
#include "client/cli/terminal.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

int Wait(const Reading& reading, const ReadFlags& flags) {
  const auto ended = Follow(reading.source, flags.study, reading.signals->token(), Show::kNothing);
  if (!ended.ok()) return reading.signals->stopped() ? kInterrupted : Fail(ended.status());
  if (flags.json) {
    const auto best = BestOf(reading.source, *ended);
    if (!best.ok()) return Fail(best.status());
    PrintJson(StudyJson(*ended, *best));
  } else {
    fmt::print("{}\n", PrintableLine(ended->state));
  }
  return ExitCodeOf(*ended);
}

}  // namespace

void AddWait(App& app) {
  auto flags = std::make_shared<ReadFlags>();
  flags->follows = true;
  AddStudyArgument(AddReadVerb(app, kReadGroup, "wait", "Waits for a study's end", flags, Wait), *flags);
}

}  // namespace hpsearch::cli
