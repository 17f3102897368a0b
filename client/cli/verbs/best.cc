// hpsearch best STUDY: its best trial so far.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/cli/follow.h"
#include "client/cli/json_output.h"
#include "client/cli/read_verb.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

int Best(const Reading& reading, const ReadFlags& flags) {
  const auto study = reading.source.Study(flags.study);
  if (!study.ok()) return Fail(study.status());
  const auto best = BestOf(reading.source, *study);
  if (!best.ok()) return Fail(best.status());
  if (flags.json) {
    PrintJson(StudyJson(*study, *best));
  } else {
    fmt::print("{}", BestText(*study, *best, reading.target, HasColour(stdout)));
  }
  return kDone;
}

}  // namespace

void AddBest(App& app) {
  auto flags = std::make_shared<ReadFlags>();
  AddStudyArgument(AddReadVerb(app, kReadGroup, "best", "A study's best trial so far", flags, Best), *flags);
}

}  // namespace hpsearch::cli
