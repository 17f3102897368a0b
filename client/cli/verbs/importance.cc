// hpsearch importance STUDY: which of its parameters mattered.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <vector>

#include "client/cli/importance_sample.h"
#include "client/cli/json_output.h"
#include "client/cli/point_rows.h"
#include "client/cli/read_verb.h"
#include "client/cli/table.h"
#include "client/cli/terminal.h"
#include "client/cli/verbs/verbs.h"
#include "server/importance/anova.h"
#include "server/importance/fanova.h"
#include "server/study/spec.h"

namespace hpsearch::cli {
namespace {

constexpr std::uint64_t kSeed = 0;  // of intervals and forests: the same study, the same answer
constexpr std::size_t kMostEffects = 20;

struct ImportanceFlags : ReadFlags {
  std::string method;  // empty: exact where the points are a full grid
  std::int64_t round = 0;
};

struct Answer {
  std::string method;
  std::vector<importance::Effect> effects;  // the largest first
};

absl::StatusOr<Answer> Analyze(const importance::Sample& sample, const std::string& method) {
  Answer answer;
  std::optional<std::vector<importance::Effect>> exact;
  if (method != "fanova") exact = importance::Anova(sample, kSeed);
  if (!exact && method == "anova") {
    return absl::FailedPreconditionError(
        "the trials that have a result are no full grid, each combination of the parameters' values equally "
        "often; "
        "--method fanova needs none, and --round 1 looks at the first round alone");
  }
  answer.method = exact ? "anova" : "fanova";
  answer.effects = exact ? *std::move(exact) : importance::Fanova(sample, kSeed);
  std::ranges::stable_sort(answer.effects, std::ranges::greater(), &importance::Effect::importance);
  return answer;
}

std::vector<std::string> NamesOf(const importance::Effect& effect, const ImportanceSample& sample) {
  std::vector<std::string> names;
  for (const std::size_t axis : effect.axes) names.push_back(sample.parameters[axis]);
  return names;
}

Json AnswerJson(const store::StudyRow& study, const ImportanceSample& sample, const Answer& answer) {
  Json effects = Json::array();
  for (const importance::Effect& effect : answer.effects) {
    effects.push_back({{"parameters", NamesOf(effect, sample)},
                       {"importance", effect.importance},
                       {"low", effect.low},
                       {"high", effect.high}});
  }
  return {{"study", study.study},
          {"metric", study.metric},
          {"method", answer.method},
          {"trials", sample.sample.observations.size()},
          {"effects", effects}};
}

void PrintText(const store::StudyRow& study, const ImportanceSample& sample, const Answer& answer,
               const char* what) {
  fmt::print("{}: what {} depended on, over {} {}, {}\n", PrintableLine(study.study), PrintableLine(study.metric),
             sample.sample.observations.size(), what,
             answer.method == "anova" ? "a full grid: exactly" : "as a random forest sees it");
  Table table({{"PARAMETER"}, {"IMPORTANCE", Column::Align::kRight}, {"95 IN 100"}, {""}});
  const std::size_t rows = std::min(answer.effects.size(), kMostEffects);
  for (std::size_t i = 0; i < rows; ++i) {
    const importance::Effect& effect = answer.effects[i];
    std::string bar;
    for (std::int64_t tick = std::lround(effect.importance * 30); tick > 0; --tick) bar += "█";
    table.AddRow({fmt::format("{}", fmt::join(NamesOf(effect, sample), " with ")),
                  fmt::format("{:.1f} %", 100 * effect.importance),
                  fmt::format("{:.1f} to {:.1f} %", 100 * effect.low, 100 * effect.high),
                  {bar, Style::kBlue}});
  }
  fmt::print("{}", table.Render(HasColour(stdout)));
  if (rows < answer.effects.size()) fmt::print("{} smaller ones: --json\n", answer.effects.size() - rows);
}

int Importance(const Reading& reading, const ImportanceFlags& flags) {
  const auto study = reading.source.Study(flags.study);
  if (!study.ok()) return Fail(study.status());
  const auto spec = study::ReadSpec(study->spec);
  if (!spec.ok()) return Fail(absl::FailedPreconditionError(spec.status().message()));
  const auto trials =
      reading.source.Trials({.study = flags.study, .limit = std::numeric_limits<std::int64_t>::max()});
  if (!trials.ok()) return Fail(trials.status());
  const std::int64_t replicates = (*spec)->replicates();
  const auto sample = SampleOf(replicates > 1 ? PointRows(*trials, replicates) : *trials, (*spec)->space,
                               flags.round > 0 ? std::optional(flags.round) : std::nullopt);
  if (!sample.ok())
    return Fail(
        absl::FailedPreconditionError(fmt::format("{}: {}", flags.study, std::string(sample.status().message()))));
  const auto answer = Analyze(sample->sample, flags.method);
  if (!answer.ok()) return Fail(answer.status());
  if (flags.json) {
    PrintJson(AnswerJson(*study, *sample, *answer));
  } else {
    PrintText(*study, *sample, *answer, replicates > 1 ? "points" : "trials");
  }
  return kDone;
}

}  // namespace

void AddImportance(App& app) {
  auto flags = std::make_shared<ImportanceFlags>();
  CLI::App& verb = AddReadVerb(app, kReadGroup, "importance",
                               "Which parameters mattered: shares of the objective's variance", flags, Importance);
  AddStudyArgument(verb, *flags);
  verb.add_option(
          "--method", flags->method,
          "anova, which wants a full grid and is exact, or fanova, a random forest; by default anova where "
          "it can be had")
      ->type_name("NAME")
      ->check(CLI::IsMember({"anova", "fanova"}));
  verb.add_option("--round", flags->round, "The trials of that round alone")
      ->type_name("N")
      ->check(CLI::PositiveNumber);
}

}  // namespace hpsearch::cli
