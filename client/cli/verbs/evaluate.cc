// hpsearch evaluate STUDY/TRIAL: a trial's weights on the test set, which nothing else touches.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cmath>
#include <nlohmann/json.hpp>
#include <stop_token>

#include "client/cli/json_output.h"
#include "client/cli/local_trial.h"
#include "client/cli/read_verb.h"
#include "client/cli/table.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

struct EvaluateFlags : ReadFlags {
  std::string epoch = "best";
  std::string checkpoints;
};

// Numbers where the data have numbers, else names.
Json ClassesOf(const train::Evaluation& evaluation) {
  if (evaluation.class_values.size() == evaluation.class_names.size()) return evaluation.class_values;
  return evaluation.class_names;
}

std::string Percent(double fraction) { return std::isnan(fraction) ? "-" : fmt::format("{:.2f}", 100 * fraction); }

using NamedValues = std::vector<std::pair<std::string, double>>;

void Print(const LocalTrial& local, std::int64_t epoch, const train::Evaluation& evaluation,
           const NamedValues& metrics) {
  const train::Confusion& confusion = evaluation.confusion;
  const std::vector<std::string>& classes = evaluation.class_names;
  const bool colour = HasColour(stdout);
  fmt::print("{}  epoch {}, {} test rows: ",
             Styled(fmt::format("{}/{}", local.study.study, local.trial.trial), Style::kBold, colour), epoch,
             evaluation.rows);
  if (!std::isnan(evaluation.error)) fmt::print("error {}, ", NumberText(evaluation.error));
  fmt::print("loss {}", NumberText(evaluation.loss));
  for (const auto& [name, value] : metrics) fmt::print(", {} {}", name, NumberText(value));
  fmt::print("\n");
  if (confusion.classes() == 0) return;     // a regression
  constexpr std::size_t kMostColumns = 16;  // a confusion that no terminal shows is left to --json
  const bool whole = !confusion.counts().empty() && confusion.counts().front().size() <= kMostColumns;
  std::vector<Column> columns = {
      {"class"}, {"precision %", Column::Align::kRight}, {"recall %", Column::Align::kRight}};
  for (std::size_t i = 0; whole && i < confusion.counts().front().size(); ++i) {
    columns.push_back(
        {i < classes.size() ? fmt::format("as {}", PrintableLine(classes[i])) : fmt::format("as unit {}", i),
         Column::Align::kRight});
  }
  Table table(columns);
  for (std::size_t label = 0; label < confusion.counts().size(); ++label) {
    std::vector<Cell> cells = {PrintableLine(classes[label]),
                               Percent(confusion.Precision(static_cast<std::int64_t>(label))),
                               Percent(confusion.Recall(static_cast<std::int64_t>(label)))};
    for (std::size_t i = 0; whole && i < confusion.counts()[label].size(); ++i) {
      cells.emplace_back(fmt::format("{}", confusion.counts()[label][i]),
                         i == label ? Style::kGreen : Style::kPlain);
    }
    table.AddRow(std::move(cells));
  }
  fmt::print("{}", table.Render(colour));
}

Json Fractions(const train::Confusion& confusion, double (train::Confusion::*of)(std::int64_t) const) {
  Json json = Json::array();
  for (std::int64_t label = 0; label < confusion.classes(); ++label) {
    const double fraction = (confusion.*of)(label);
    json.push_back(std::isnan(fraction) ? Json() : Json(fraction));
  }
  return json;
}

int Evaluate(const Reading& reading, const EvaluateFlags& flags) {
  const absl::StatusOr<LocalTrial> local = OpenLocalTrial(reading.source, flags.study);
  if (!local.ok()) return Fail(local.status());
  const std::int64_t epoch =
      flags.epoch == "last" ? local->trial.epochs : local->trial.best_epoch.value_or(local->trial.epochs);
  std::string folder = flags.checkpoints;
  if (folder.empty()) {
    folder = reading.target.kind == Target::Kind::kDatabase ? CheckpointsBeside(reading.target.name)
                                                            : CheckpointsOfWorkers();
  }
  std::atomic<bool> cancelled = false;
  const std::stop_callback stop(reading.signals->token(), [&cancelled] { cancelled = true; });
  const bool live = IsLive(stderr);
  bool trained = false;
  absl::StatusOr<train::Evaluation> evaluation = absl::UnknownError("");
  NamedValues metrics;
  const absl::Status status = WithTrainer(*local, [&](train::Trainer& trainer) {
    const auto progress = [&](std::int64_t done) {
      if (!std::exchange(trained, true)) fmt::print(stderr, "its weights are not kept here: training again\n");
      if (live) fmt::print(stderr, "\repoch {} of {}", done, epoch);
    };
    absl::Status brought = BringTo(*local, epoch, folder, cancelled, progress, trainer);
    if (live && trained) fmt::print(stderr, "\n");
    if (!brought.ok()) return brought;
    evaluation = trainer.EvaluateTest(cancelled);
    if (!evaluation.ok()) return evaluation.status();
    for (std::size_t i = 0; i < evaluation->metrics.size(); ++i) {
      const model::Metric metric = trainer.training().metrics[i];
      metrics.emplace_back(model::MetricNames()[static_cast<std::size_t>(metric)], evaluation->metrics[i]);
    }
    return absl::OkStatus();
  });
  if (absl::IsCancelled(status)) return kInterrupted;
  if (!status.ok()) return Fail(status);
  if (!flags.json) {
    Print(*local, epoch, *evaluation, metrics);
    return kDone;
  }
  const train::Confusion& confusion = evaluation->confusion;
  Json json = {{"study", local->study.study},
               {"trial", local->trial.trial},
               {"epoch", epoch},
               {"test_loss", evaluation->loss},
               {"test_error", std::isnan(evaluation->error) ? Json() : Json(evaluation->error)},
               {"classes", ClassesOf(*evaluation)},
               {"confusion", confusion.counts()},
               {"precision", Fractions(confusion, &train::Confusion::Precision)},
               {"recall", Fractions(confusion, &train::Confusion::Recall)},
               {"rows", evaluation->rows}};
  for (const auto& [name, value] : metrics) json["test_" + name] = std::isfinite(value) ? Json(value) : Json();
  PrintJson(json);
  return kDone;
}

}  // namespace

void AddEvaluate(App& app) {
  auto flags = std::make_shared<EvaluateFlags>();
  flags->follows = true;
  CLI::App& verb = AddReadVerb(app, kReadGroup, "evaluate", "A trial's weights on the test set", flags, Evaluate);
  AddStudyArgument(verb, *flags, "STUDY/TRIAL");
  verb.add_option("--epoch", flags->epoch, "Whose weights: the objective's, or the last")
      ->type_name("best|last")
      ->check(CLI::IsMember({"best", "last"}));
  verb.add_option("--checkpoints", flags->checkpoints,
                  "Where weights may lie; default: beside the database, or where workers keep them. What is not "
                  "there is trained again")
      ->type_name("FOLDER");
}

}  // namespace hpsearch::cli
