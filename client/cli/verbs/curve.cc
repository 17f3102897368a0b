// hpsearch curve STUDY/TRIAL: a trial's error, or another metric, over its epochs, drawn in the terminal.
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "client/cli/chart.h"
#include "client/cli/json_output.h"
#include "client/cli/read_verb.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"
#include "client/cli/trial_ref.h"
#include "client/cli/verbs/verbs.h"
#include "server/model/names.h"

namespace hpsearch::cli {
namespace {

struct CurveFlags : ReadFlags {
  std::string metric;
};

// What `--metric` may name: of both parts.
std::vector<std::string> MetricsOf(const std::vector<store::EpochRow>& epochs) {
  constexpr std::string_view kPrefix = "train_";
  std::vector<std::string> names = {"loss", "error"};
  if (epochs.empty()) return names;
  for (const auto& [name, value] : epochs.front().metrics) {
    if (name.starts_with(kPrefix)) names.push_back(name.substr(kPrefix.size()));
  }
  return names;
}

// Where none is asked for: the error, in a regression the loss.
std::string UsualMetric(const std::vector<store::EpochRow>& epochs) {
  const bool errors =
      std::ranges::any_of(epochs, [](const store::EpochRow& epoch) { return epoch.validation_error.has_value(); });
  return errors || epochs.empty() ? "error" : "loss";
}

void Draw(const store::TrialRow& trial, const std::vector<store::EpochRow>& epochs, const std::string& metric) {
  const bool colour = HasColour(stdout);
  fmt::print("{} {}  {}, {} of {} epochs\n",
             Styled(fmt::format("{}/{}", PrintableLine(trial.study), trial.trial), Style::kBold, colour),
             Styled(PrintableLine(trial.state), StyleOfState(trial.state), colour), metric, epochs.size(),
             trial.epochs_planned);
  if (epochs.empty()) return;
  Curve train{"train", Style::kBlue, {}}, validation{"validation", Style::kYellow, {}};
  for (const store::EpochRow& epoch : epochs) {
    train.values.push_back(store::ValueOf(epoch, "train_" + metric));
    validation.values.push_back(store::ValueOf(epoch, "validation_" + metric));
  }
  ChartOptions options;
  options.width = WidthOf(stdout);
  options.colour = colour;
  options.x_name = "epoch";
  fmt::print("{}", DrawChart({train, validation}, options));
  if (trial.objective) {
    fmt::print("objective {} at epoch {}\n", NumberText(trial.objective), trial.best_epoch.value_or(0));
  }
}

int ShowCurve(const Reading& reading, const CurveFlags& flags) {
  const auto ref = ParseTrialRef(flags.study);
  if (!ref.ok()) return Fail(ref.status());
  const auto trial =
      ref->trial ? reading.source.Trial(ref->study, *ref->trial) : reading.source.BestTrial(ref->study);
  if (!trial.ok()) return Fail(trial.status());
  const auto epochs = reading.source.Curve(ref->study, trial->trial);
  if (!epochs.ok()) return Fail(epochs.status());
  const std::string metric = flags.metric.empty() ? UsualMetric(*epochs) : flags.metric;
  if (const auto names = MetricsOf(*epochs); std::ranges::find(names, metric) == names.end()) {
    return Fail(absl::InvalidArgumentError(model::UnknownName("metric", metric, names)));
  }
  if (flags.json) {
    std::vector<Json> json;
    for (const store::EpochRow& epoch : *epochs) json.push_back(EpochJson(epoch));
    PrintJsonArray(json);
  } else {
    Draw(*trial, *epochs, metric);
  }
  return kDone;
}

}  // namespace

void AddCurve(App& app) {
  auto flags = std::make_shared<CurveFlags>();
  CLI::App& verb = AddReadVerb(app, kReadGroup, "curve",
                               "A trial's error, or another metric, over its epochs; STUDY/best: the best one's",
                               flags, ShowCurve);
  AddStudyArgument(verb, *flags, "STUDY/TRIAL");
  verb.add_option("--metric", flags->metric,
                  "What is drawn: error (the default; in a regression loss), loss, or one of training.metrics")
      ->type_name("NAME");
}

}  // namespace hpsearch::cli
