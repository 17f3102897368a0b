// hpsearch simulate FILE --table TABLE.csv: what a study's search would have found, without training.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cmath>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/json_output.h"
#include "client/cli/study_argument.h"
#include "client/cli/table.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"
#include "client/cli/verbs/verbs.h"
#include "client/simulate/results_table.h"
#include "client/simulate/simulation.h"

namespace hpsearch::cli {
namespace {

constexpr std::size_t kMostSteps = 1000;  // of the answer
constexpr std::size_t kMostLines = 12;

struct SimulateFlags {
  StudyFileFlags study;
  std::string table;
  std::int64_t seeds = 10;
  bool json = false;
};

// At most so many of them, evenly, the last among them.
std::vector<std::int64_t> Thinned(const std::vector<std::int64_t>& all, std::size_t most) {
  if (all.size() <= most) return all;
  std::vector<std::int64_t> thinned;
  for (std::size_t i = 1; i <= most; ++i) thinned.push_back(all[i * all.size() / most - 1]);
  return thinned;
}

// Wherever any of them has a step.
std::vector<std::int64_t> EpochsSpent(const std::vector<simulate::Simulated>& all) {
  std::vector<std::int64_t> spent;
  for (const simulate::Simulated& one : all) {
    for (const simulate::Step& step : one.steps) spent.push_back(step.epochs_spent);
  }
  std::ranges::sort(spent);
  spent.erase(std::unique(spent.begin(), spent.end()), spent.end());
  return Thinned(spent, kMostSteps);
}

// The best at each of them; NaN before the first.
std::vector<double> BestBy(const simulate::Simulated& one, const std::vector<std::int64_t>& epochs_spent) {
  std::vector<double> best;
  for (const std::int64_t spent : epochs_spent) {
    const auto after = std::ranges::upper_bound(one.steps, spent, {}, &simulate::Step::epochs_spent);
    best.push_back(after == one.steps.begin() ? std::nan("") : std::prev(after)->best);
  }
  return best;
}

Json AnswerJson(const study::StudySpec& spec, const std::vector<simulate::Simulated>& all) {
  const std::vector<std::int64_t> epochs_spent = EpochsSpent(all);
  Json best = Json::array(), trials = Json::array();
  for (const simulate::Simulated& one : all) {
    best.push_back(BestBy(one, epochs_spent));
    trials.push_back(one.trials);
  }
  const bool minimize = spec.objective.direction == study::Objective::Direction::kMinimize;
  return {{"study", spec.name},
          {"strategy", spec.search.name()},
          {"metric", spec.objective.metric},
          {"direction", minimize ? "minimize" : "maximize"},
          {"seeds", all.size()},
          {"trials", trials},
          {"epochs_spent", epochs_spent},
          {"best", best}};
}

// From the least to the most, those that have none left out.
std::string Spread(std::vector<double> values, double share) {
  std::erase_if(values, [](double value) { return std::isnan(value); });
  if (values.empty()) return "-";
  std::ranges::sort(values);
  return NumberText(
      values[static_cast<std::size_t>(std::llround(share * static_cast<double>(values.size() - 1)))]);
}

void PrintText(const study::StudySpec& spec, const std::vector<simulate::Simulated>& all) {
  std::int64_t trials = 0;
  for (const simulate::Simulated& one : all) trials += one.trials;
  fmt::print("{}: {}, {} seeds, {:.1f} trials each; the best {} by epochs spent\n", PrintableLine(spec.name),
             spec.search.name(), all.size(), static_cast<double>(trials) / static_cast<double>(all.size()),
             PrintableLine(spec.objective.metric));
  constexpr auto kRight = Column::Align::kRight;
  Table table({{"EPOCHS", kRight}, {"LEAST", kRight}, {"MEDIAN", kRight}, {"MOST", kRight}});
  const std::vector<std::int64_t> rows = Thinned(EpochsSpent(all), kMostLines);
  std::vector<std::vector<double>> best;
  best.reserve(all.size());
  for (const simulate::Simulated& one : all) best.push_back(BestBy(one, rows));
  for (std::size_t i = 0; i < rows.size(); ++i) {
    std::vector<double> here;
    here.reserve(best.size());
    for (const auto& each : best) here.push_back(each[i]);
    table.AddRow({std::to_string(rows[i]), Spread(here, 0), Spread(here, 0.5), Spread(here, 1)});
  }
  fmt::print("{}", table.Render(HasColour(stdout)));
}

int Simulate(const SimulateFlags& flags) {
  const std::shared_ptr<const study::StudySpec> spec = LoadStudyForServer(flags.study);
  if (spec == nullptr) return kUsage;
  if (!spec->search.warm_start.empty()) {
    Fail(
        absl::InvalidArgumentError("search.warm_start: a table has no earlier studies to learn from; --set "
                                   "search.warm_start=null simulates the study without them"));
    return kUsage;
  }
  const auto table = simulate::ResultsTable::Read(flags.table, *spec);
  // A file that is no such table is one that was not given.
  if (!table.ok()) {
    const bool there = !absl::IsUnavailable(table.status()) && !absl::IsResourceExhausted(table.status());
    Fail(table.status());
    return there ? kUsage : kFailed;
  }
  std::vector<simulate::Simulated> all;
  for (std::int64_t i = 0; i < flags.seeds; ++i) {
    auto one = simulate::Simulate(simulate::WithSeed(*spec, spec->seed + i), *table, i);
    if (!one.ok()) return Fail(one.status());
    all.push_back(*std::move(one));
  }
  if (flags.json) {
    PrintJson(AnswerJson(*spec, all));
  } else {
    PrintText(*spec, all);
  }
  return kDone;
}

}  // namespace

void AddSimulate(App& app) {
  auto flags = std::make_shared<SimulateFlags>();
  CLI::App& verb =
      app.AddVerb(kOtherGroup, "simulate", "A study's search over a table of recorded results, without training",
                  [flags] { return Simulate(*flags); });
  AddStudyFileFlags(verb, flags->study);
  verb.add_option(
          "--table", flags->table,
          "CSV, gzipped or not: the parameters by name, epoch, the objective's metric, and run or seed where "
          "a point was trained several times (`export --curves` writes one)")
      ->type_name("TABLE.csv")
      ->required();
  verb.add_option("--seeds", flags->seeds, "So often, from the study's seed on; default 10")
      ->type_name("N")
      ->check(CLI::Range(std::int64_t{1}, std::int64_t{10'000}));
  verb.add_flag("--json", flags->json, "As JSON");
}

}  // namespace hpsearch::cli
