// hpsearch export STUDY: its trials, or with --curves their epochs, as a file for other programs.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <functional>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/follow.h"
#include "client/cli/json_output.h"
#include "client/cli/output_file.h"
#include "client/cli/results_csv.h"
#include "client/cli/target.h"
#include "client/cli/verbs/verbs.h"
#include "server/model/metric.h"
#include "server/study/spec.h"

namespace hpsearch::cli {
namespace {

struct ExportFlags {
  TargetFlags target;
  std::string study, format = "csv", out = "-";
  bool curves = false;
};

// What is exported, read as it is written: curves are read trial by trial.
struct Results {
  StudySource& source;
  store::StudyRow study;
  std::vector<store::TrialRow> trials;
  bool curves;
};

std::vector<std::string> NamesOf(const std::vector<model::Metric>& metrics) {
  std::vector<std::string> names;
  for (const auto part : {model::MetricPart::kTrain, model::MetricPart::kValidation}) {
    for (const model::Metric metric : metrics) names.push_back(model::MetricName(part, metric));
  }
  return names;
}

absl::Status WriteCsv(const Results& results, OutputFile& out) {
  const std::vector<std::string> parameters = ParameterNames(results.trials);
  if (!results.curves) {
    const TrialsCsv csv(parameters);
    out.Write(csv.Header());
    for (const store::TrialRow& trial : results.trials) out.Write(csv.Row(trial));
    return absl::OkStatus();
  }
  const auto spec = study::ReadSpec(results.study.spec);
  if (!spec.ok()) return absl::FailedPreconditionError(spec.status().message());
  const CurvesCsv csv(parameters, NamesOf((*spec)->metrics));
  out.Write(csv.Header());
  for (const store::TrialRow& trial : results.trials) {
    const auto epochs = results.source.Curve(results.study.study, trial.trial);
    if (!epochs.ok()) return epochs.status();
    out.Write(csv.Rows(trial, *epochs));
  }
  return absl::OkStatus();
}

// The study as `show --json` has it, with its trials, a line each, which may have a `curve`.
absl::Status WriteJson(const Results& results, OutputFile& out) {
  const auto best = BestOf(results.source, results.study);
  if (!best.ok()) return best.status();
  const auto rounds = results.source.Rounds(results.study.study);
  if (!rounds.ok()) return rounds.status();
  const auto text = [](const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); };
  std::string study = text(StudyDetailsJson(results.study, *best, *rounds));
  study.pop_back();
  out.Write(study + ",\"trials\":[");
  bool first = true;
  for (const store::TrialRow& trial : results.trials) {
    Json json = TrialJson(trial);
    if (results.curves) {
      const auto epochs = results.source.Curve(results.study.study, trial.trial);
      if (!epochs.ok()) return epochs.status();
      json["curve"] = Json::array();
      for (const store::EpochRow& epoch : *epochs) json["curve"].push_back(EpochJson(epoch));
    }
    out.Write((std::exchange(first, false) ? "\n" : ",\n") + text(json));
  }
  out.Write("]}\n");
  return absl::OkStatus();
}

int Export(const ExportFlags& flags) {
  if (flags.format == "tensorboard") {
    fmt::print(stderr, "hpsearch: this version does not export tensorboard yet; csv and json it does\n");
    return kUsage;
  }
  const auto source = OpenSource(Resolve(flags.target));
  if (!source.ok()) return Fail(source.status());
  const auto study = (*source)->Study(flags.study);
  if (!study.ok()) return Fail(study.status());
  const auto trials = (*source)->Trials({.study = flags.study, .limit = std::numeric_limits<std::int64_t>::max()});
  if (!trials.ok()) return Fail(trials.status());
  const auto out = OutputFile::Open(flags.out);
  if (!out.ok()) return Fail(out.status());
  const Results results{**source, *study, *trials, flags.curves};
  absl::Status status = flags.format == "csv" ? WriteCsv(results, **out) : WriteJson(results, **out);
  if (status.ok()) status = (*out)->Commit();
  if (!status.ok()) return Fail(status);
  if (flags.out != "-") fmt::print(stderr, "{}: {} trials\n", flags.out, trials->size());
  return kDone;
}

}  // namespace

void AddExport(App& app) {
  auto flags = std::make_shared<ExportFlags>();
  CLI::App& verb = app.AddVerb(kReadGroup, "export", "A study's trials, or their curves, as a file",
                               [flags] { return Export(*flags); });
  verb.add_option("study", flags->study, "Its name")->type_name("STUDY")->required();
  AddTargetFlags(verb, flags->target);
  verb.add_option("--format", flags->format, "csv (the default), json or tensorboard")
      ->type_name("FORMAT")
      ->check(CLI::IsMember({"csv", "json", "tensorboard"}));
  verb.add_flag("--curves", flags->curves, "Every epoch: the table that `simulate --table` reads");
  verb.add_option("--out", flags->out, "The file, replaced as a whole; -, the default: standard output")
      ->type_name("PATH");
}

}  // namespace hpsearch::cli
