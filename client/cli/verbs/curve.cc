// hpsearch curve STUDY/TRIAL: a trial's error over its epochs, drawn in the terminal.
#include <fmt/format.h>

#include <nlohmann/json.hpp>

#include "client/cli/chart.h"
#include "client/cli/json_output.h"
#include "client/cli/read_verb.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"
#include "client/cli/trial_ref.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

void Draw(const store::TrialRow& trial, const std::vector<store::EpochRow>& epochs) {
  const bool colour = HasColour(stdout);
  fmt::print("{} {}  error, {} of {} epochs\n",
             Styled(fmt::format("{}/{}", PrintableLine(trial.study), trial.trial), Style::kBold, colour),
             Styled(PrintableLine(trial.state), StyleOfState(trial.state), colour), epochs.size(),
             trial.epochs_planned);
  if (epochs.empty()) return;
  Curve train{"train", Style::kBlue, {}}, validation{"validation", Style::kYellow, {}};
  for (const store::EpochRow& epoch : epochs) {
    train.values.push_back(epoch.train_error);
    validation.values.push_back(epoch.validation_error);
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

int ShowCurve(const Reading& reading, const ReadFlags& flags) {
  const auto ref = ParseTrialRef(flags.study);
  if (!ref.ok()) return Fail(ref.status());
  const auto trial =
      ref->trial ? reading.source.Trial(ref->study, *ref->trial) : reading.source.BestTrial(ref->study);
  if (!trial.ok()) return Fail(trial.status());
  const auto epochs = reading.source.Curve(ref->study, trial->trial);
  if (!epochs.ok()) return Fail(epochs.status());
  if (flags.json) {
    std::vector<Json> json;
    for (const store::EpochRow& epoch : *epochs) json.push_back(EpochJson(epoch));
    PrintJsonArray(json);
  } else {
    Draw(*trial, *epochs);
  }
  return kDone;
}

}  // namespace

void AddCurve(App& app) {
  auto flags = std::make_shared<ReadFlags>();
  AddStudyArgument(AddReadVerb(app, kReadGroup, "curve",
                               "A trial's error over its epochs; STUDY/best: the best one's", flags, ShowCurve),
                   *flags, "STUDY/TRIAL");
}

}  // namespace hpsearch::cli
