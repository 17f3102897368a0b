// hpsearch show STUDY: all that is known of a study, and what it waits for.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <nlohmann/json.hpp>

#include "client/cli/follow.h"
#include "client/cli/json_output.h"
#include "client/cli/read_verb.h"
#include "client/cli/rounds_text.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"
#include "client/cli/verbs/verbs.h"
#include "server/study/spec.h"

namespace hpsearch::cli {
namespace {

void Line(const char* name, const std::string& text) {
  if (!text.empty()) fmt::print("  {:<10} {}\n", name, Printable(text));
}

std::string LimitsText(const study::Limits& limits) {
  std::string text = fmt::format("at most {} trials, {} failed ones, {} attempts each", limits.max_trials,
                                 limits.max_failed_trials, limits.max_attempts);
  if (limits.max_parallel_trials) text += fmt::format(", {} side by side", *limits.max_parallel_trials);
  if (limits.max_seconds) text += fmt::format(", {}", SecondsText(*limits.max_seconds));
  return text;
}

// What it had learnt before its first trial; empty: nothing.
std::string LearntText(const std::vector<store::LearntRow>& learnt) {
  std::vector<std::string> parts;
  parts.reserve(learnt.size());
  for (const store::LearntRow& each : learnt) {
    parts.push_back(fmt::format("{} results of study {}", each.results, each.study));
  }
  return fmt::format("{}", fmt::join(parts, ", "));
}

int ShowStudy(const Reading& reading, const ReadFlags& flags) {
  const auto study = reading.source.Study(flags.study);
  if (!study.ok()) return Fail(study.status());
  const auto best = BestOf(reading.source, *study);
  if (!best.ok()) return Fail(best.status());
  const auto rounds = reading.source.Rounds(flags.study);
  if (!rounds.ok()) return Fail(rounds.status());
  if (flags.json) {
    PrintJson(StudyDetailsJson(*study, *best, *rounds));
    return kDone;
  }
  const bool colour = HasColour(stdout);
  fmt::print("{} {}\n", Styled(PrintableLine(study->study), Style::kBold, colour),
             Styled(PrintableLine(study->state), StyleOfState(study->state), colour));
  Line(HasEnded(*study) ? "reason" : "waits", study->reason);
  Line("trials", fmt::format("{} of {} done: {}", EndedTrials(*study), study->planned_trials, CountsText(*study)));
  Line("rounds",
       fmt::format("{} of {}, at most {} trials in all", study->rounds, TotalRounds(*study), study->max_trials));
  Line("epochs", fmt::format("{} stored", study->stored_epochs));
  Line("objective", fmt::format("{} {}", study->direction, study->metric));
  Line("began with", LearntText(study->learnt));
  const auto spec = study::ReadSpec(study->spec);
  if (spec.ok()) {
    if (const std::int64_t each = (*spec)->replicates(); each > 1) {
      Line("replicates", fmt::format("{} of each point, whose objective is their mean", each));
    }
    Line("dataset", fmt::format("{}", fmt::join((*spec)->datasets, ", ")));
    Line("limits", LimitsText((*spec)->limits));
    Line("share", ShareText((*spec)->weight, (*spec)->priority));
  }
  Line("data", study->data_hash);
  Line("numerics", study->numerics_digest);
  Line("created", study->created_at);
  Line("started", study->started_at.value_or(""));
  Line("finished", study->finished_at.value_or(""));
  Line("time", SecondsText(study->seconds));
  // What coarse-to-fine did; of a single round the lines above say all.
  if (rounds->size() > 1 || TotalRounds(*study) > 1) {
    fmt::print("{}", RoundsText(*rounds, spec.ok() ? spec->get() : nullptr, colour));
  }
  fmt::print("{}", BestText(*study, *best, reading.target, colour));
  return kDone;
}

}  // namespace

void AddShow(App& app) {
  auto flags = std::make_shared<ReadFlags>();
  AddStudyArgument(
      AddReadVerb(app, kReadGroup, "show", "A study: its state, counts, rounds, limits, best", flags, ShowStudy),
      *flags);
}

}  // namespace hpsearch::cli
