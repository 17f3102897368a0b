// hpsearch trials STUDY: its trials as a table.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "client/cli/read_verb.h"
#include "client/cli/rows_output.h"
#include "client/cli/text_output.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

struct TrialsFlags : ReadFlags {
  std::string state;
  std::string sort = "trial";
  std::int64_t limit = std::numeric_limits<std::int64_t>::max();
};

// A column for each parameter that is in any row.
std::vector<std::string> ParameterNames(const std::vector<store::TrialRow>& trials) {
  std::vector<std::string> names;
  for (const store::TrialRow& trial : trials) {
    for (const auto& [name, value] : ParametersOf(trial.parameters)) {
      if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

Table TableOf(const std::vector<store::TrialRow>& trials) {
  constexpr auto kRight = Column::Align::kRight;
  std::vector<Column> columns = {{"TRIAL", kRight},     {"ROUND", kRight}, {"STATE"},
                                 {"OBJECTIVE", kRight}, {"BEST", kRight},  {"EPOCHS", kRight}};
  const std::vector<std::string> names = ParameterNames(trials);
  for (const std::string& name : names) columns.push_back({name, kRight});
  columns.insert(columns.end(), {{"SECONDS", kRight}, {"WORKER"}, {"NOTE"}});
  Table table(columns);
  for (const store::TrialRow& trial : trials) {
    std::vector<Cell> row = {std::to_string(trial.trial),
                             std::to_string(trial.round),
                             {trial.state, StyleOfState(trial.state)},
                             NumberText(trial.objective),
                             trial.best_epoch ? std::to_string(*trial.best_epoch) : "-",
                             fmt::format("{}/{}", trial.epochs, trial.epochs_planned)};
    const auto parameters = ParametersOf(trial.parameters);
    for (const std::string& name : names) {
      const auto found = std::find_if(parameters.begin(), parameters.end(),
                                      [&name](const auto& parameter) { return parameter.first == name; });
      row.emplace_back(found == parameters.end() ? "-" : found->second);
    }
    row.emplace_back(fmt::format("{:.1f}", trial.seconds));
    row.emplace_back(trial.worker.empty() ? "-" : trial.worker);
    const std::string from = !trial.reused_from ? "" : (trial.is_copy() ? "as " : "from ") + *trial.reused_from;
    row.emplace_back(from.empty() || (trial.attempt > 0 && !trial.reason.empty()) ? trial.reason : from);
    table.AddRow(std::move(row));
  }
  return table;
}

int Trials(const Reading& reading, const TrialsFlags& flags) {
  store::TrialQuery query;
  query.study = flags.study;
  if (!flags.state.empty()) query.state = absl::AsciiStrToUpper(flags.state);
  query.descending = flags.sort.starts_with("-");
  query.sort = flags.sort.substr(query.descending ? 1 : 0);
  query.limit = flags.limit;
  const auto trials = reading.source.Trials(query);
  if (!trials.ok()) return Fail(trials.status());
  std::vector<Json> json;
  for (const store::TrialRow& trial : *trials) json.push_back(TrialJson(trial));
  PrintRows(flags.json, json, TableOf(*trials));
  return kDone;
}

}  // namespace

void AddTrials(App& app) {
  auto flags = std::make_shared<TrialsFlags>();
  CLI::App& verb = AddReadVerb(app, kReadGroup, "trials", "A study's trials", flags, Trials);
  AddStudyArgument(verb, *flags);
  verb.add_option("--state", flags->state, "Those in this state alone: COMPLETED, FAILED, ...")
      ->type_name("STATE");
  verb.add_option(
          "--sort", flags->sort,
          "trial, objective, round, state, epochs, seconds, started_at, finished_at, a parameter, or a metric "
          "(validation_loss, train_mae, weight_norm) at the best epoch; a '-' before it: descending "
          "(--sort=-objective)")
      ->type_name("KEY");
  verb.add_option("--limit", flags->limit, "That many at most")->type_name("N")->check(CLI::PositiveNumber);
}

}  // namespace hpsearch::cli
