// hpsearch compare STUDY STUDY...: studies side by side.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <limits>
#include <memory>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "client/cli/epochs_trained.h"
#include "client/cli/follow.h"
#include "client/cli/read_verb.h"
#include "client/cli/rows_output.h"
#include "client/cli/terminal.h"
#include "client/cli/text_output.h"
#include "client/cli/verbs/verbs.h"

namespace hpsearch::cli {
namespace {

struct CompareFlags : ReadFlags {
  std::vector<std::string> studies;
};

struct Compared {
  store::StudyRow study;
  std::optional<BestResult> best;
  std::int64_t trials = 0;  // that have begun
  std::int64_t epochs = 0;  // trained: what was taken over cost nothing
};

absl::StatusOr<Compared> Read(StudySource& source, const std::string& name) {
  auto study = source.Study(name);
  if (!study.ok()) return study.status();
  auto best = BestOf(source, *study);
  if (!best.ok()) return best.status();
  const auto trials = source.Trials({.study = name, .limit = std::numeric_limits<std::int64_t>::max()});
  if (!trials.ok()) return trials.status();
  const auto rounds = source.Rounds(name);
  if (!rounds.ok()) return rounds.status();
  Compared one{*std::move(study), *std::move(best)};
  one.trials = std::ssize(*trials);
  one.epochs = EpochsTrained(*trials, *rounds);
  return one;
}

// The parameters of the bests by name, as JSON; null where a best does not have one, or there is none.
class BestParameters {
 public:
  explicit BestParameters(const std::vector<Compared>& studies) {
    for (const Compared& one : studies) {
      Json parameters =
          one.best ? Json::parse(one.best->trial.parameters, nullptr, /*allow_exceptions=*/false) : Json::object();
      if (!parameters.is_object()) parameters = Json::object();
      for (const auto& [name, value] : parameters.items()) {
        if (std::ranges::find(names_, name) == names_.end()) names_.push_back(name);
      }
      of_.push_back(std::move(parameters));
    }
  }

  const std::vector<std::string>& names() const { return names_; }
  const Json& Of(std::size_t study) const { return of_[study]; }
  // Whether the studies that have a best disagree about it.
  bool Differs(const std::string& name, const std::vector<Compared>& studies) const {
    std::optional<Json> first;
    for (std::size_t i = 0; i < of_.size(); ++i) {
      if (!studies[i].best) continue;
      const Json value = of_[i].contains(name) ? of_[i][name] : Json();
      if (first && *first != value) return true;
      first = value;
    }
    return false;
  }

 private:
  std::vector<std::string> names_;
  std::vector<Json> of_;
};

Json CompareJson(const std::vector<Compared>& studies, const BestParameters& parameters) {
  Json all = Json::array();
  for (const Compared& one : studies) {
    Json json = StudyJson(one.study, one.best);
    json["trials"] = one.trials;
    json["epochs"] = one.epochs;
    all.push_back(std::move(json));
  }
  Json differ = Json::object();
  for (const std::string& name : parameters.names()) {
    if (!parameters.Differs(name, studies)) continue;
    Json values = Json::array();
    for (std::size_t i = 0; i < studies.size(); ++i) {
      values.push_back(parameters.Of(i).contains(name) ? parameters.Of(i)[name] : Json());
    }
    differ[name] = values;
  }
  return {{"studies", all}, {"differ", differ}};
}

// Which study's best is the best of all: where all have the same objective.
std::optional<std::size_t> Winner(const std::vector<Compared>& studies) {
  std::optional<std::size_t> winner;
  for (std::size_t i = 0; i < studies.size(); ++i) {
    const Compared& one = studies[i];
    if (one.study.metric != studies[0].study.metric || one.study.direction != studies[0].study.direction) {
      return std::nullopt;
    }
    if (!one.best || !one.best->trial.objective) continue;
    const double here = *one.best->trial.objective;
    const bool maximize = one.study.direction == "maximize";
    if (!winner || (maximize ? here > *studies[*winner].best->trial.objective
                             : here < *studies[*winner].best->trial.objective)) {
      winner = i;
    }
  }
  return winner;
}

// With its error, where each point is trained several times.
std::string ObjectiveText(const BestResult& best) {
  return best.point ? MeanText(best.point->mean, best.point->standard_error) : NumberText(best.trial.objective);
}

// A study a column, so that what differs stands side by side.
void PrintText(const std::vector<Compared>& studies, const BestParameters& parameters) {
  std::vector<Column> columns = {{""}};
  for (const Compared& one : studies) columns.push_back({one.study.study, Column::Align::kRight});
  Table table(columns);
  const auto add = [&](const std::string& name, Style style, const auto& cell_of) {
    std::vector<Cell> row = {{name, style}};
    for (std::size_t i = 0; i < studies.size(); ++i) row.push_back(cell_of(i));
    table.AddRow(std::move(row));
  };
  const std::optional<std::size_t> winner = Winner(studies);
  add("state", Style::kPlain,
      [&](std::size_t i) { return Cell(studies[i].study.state, StyleOfState(studies[i].study.state)); });
  add("metric", Style::kPlain, [&](std::size_t i) { return Cell(studies[i].study.metric); });
  add("best", Style::kPlain, [&](std::size_t i) {
    return Cell(studies[i].best ? ObjectiveText(*studies[i].best) : "-",
                winner == i ? Style::kGreen : Style::kPlain);
  });
  add("best trial", Style::kPlain,
      [&](std::size_t i) { return Cell(studies[i].best ? std::to_string(studies[i].best->trial.trial) : "-"); });
  add("best epoch", Style::kPlain, [&](std::size_t i) {
    const auto& best = studies[i].best;
    return Cell(best && best->trial.best_epoch ? std::to_string(*best->trial.best_epoch) : "-");
  });
  add("trials", Style::kPlain, [&](std::size_t i) { return Cell(std::to_string(studies[i].trials)); });
  add("epochs", Style::kPlain, [&](std::size_t i) { return Cell(std::to_string(studies[i].epochs)); });
  add("time", Style::kPlain, [&](std::size_t i) { return Cell(SecondsText(studies[i].study.seconds)); });
  std::vector<std::vector<std::pair<std::string, std::string>>> texts;
  texts.reserve(studies.size());
  for (const Compared& one : studies) {
    texts.push_back(one.best ? ParametersOf(one.best->trial.parameters)
                             : std::vector<std::pair<std::string, std::string>>());
  }
  for (const std::string& name : parameters.names()) {
    const bool differs = parameters.Differs(name, studies);
    add((differs ? "* " : "  ") + name, differs ? Style::kBold : Style::kPlain, [&](std::size_t i) {
      const std::string shown = PrintableLine(name);
      const auto found = std::ranges::find(texts[i], shown, [](const auto& each) { return each.first; });
      return Cell(found == texts[i].end() ? "-" : found->second);
    });
  }
  fmt::print("{}", table.Render(HasColour(stdout)));
  const bool any = std::ranges::any_of(parameters.names(),
                                       [&](const std::string& name) { return parameters.Differs(name, studies); });
  if (any) fmt::print("* the bests differ\n");
}

int Compare(const Reading& reading, const CompareFlags& flags) {
  std::vector<Compared> studies;
  for (const std::string& name : flags.studies) {
    auto one = Read(reading.source, name);
    if (!one.ok()) return Fail(one.status());
    studies.push_back(*std::move(one));
  }
  const BestParameters parameters(studies);
  if (flags.json) {
    PrintJson(CompareJson(studies, parameters));
  } else {
    PrintText(studies, parameters);
  }
  return kDone;
}

}  // namespace

void AddCompare(App& app) {
  auto flags = std::make_shared<CompareFlags>();
  CLI::App& verb = AddReadVerb(app, kReadGroup, "compare", "Studies side by side: their bests, and what they took",
                               flags, Compare);
  verb.add_option("studies", flags->studies, "Their names")->type_name("STUDY")->required()->expected(1, 1000);
}

}  // namespace hpsearch::cli
