// hpsearch watch STUDY: its progress until it ends; with --json a line of JSON for each change.
#include "client/cli/exit_code.h"
#include "client/cli/follow.h"
#include "client/cli/read_verb.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

int Watch(const Reading& reading, const ReadFlags& flags) {
  const auto ended = Follow(reading.source, flags.study, reading.signals->token(),
                            flags.json ? Show::kJsonLines : Show::kProgress);
  if (ended.ok()) return ExitCodeOf(*ended);
  return reading.signals->stopped() ? kInterrupted : Fail(ended.status());
}

}  // namespace

void AddWatch(App& app) {
  auto flags = std::make_shared<ReadFlags>();
  flags->follows = true;
  AddStudyArgument(AddReadVerb(app, kReadGroup, "watch", "A study's progress until it ends", flags, Watch),
                   *flags);
}

}  // namespace hpsearch::cli
