#include "client/cli/rounds_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <variant>

#include "client/cli/table.h"
#include "client/cli/text_output.h"

namespace hpsearch::cli {
namespace {

using Json = nlohmann::ordered_json;

// Four digits tell the places of an axis apart for people; `--json` has them all.
std::string Short(const Json& value) {
  if (value.is_number_float()) return fmt::format("{:.4g}", value.get<double>());
  return value.is_string() ? value.get<std::string>() : value.dump();
}

const Json& At(const Json& object, const std::string& key) {
  static const Json none;
  return object.is_object() && object.contains(key) ? object[key] : none;
}

// A round's boxes; one that says nothing where there are none.
std::vector<Json> BoxesOf(const store::RoundRow& round) {
  const Json boxes = Json::parse(round.boxes, nullptr, /*allow_exceptions=*/false);
  if (!boxes.is_array() || boxes.empty()) return {Json::object()};
  return {boxes.begin(), boxes.end()};
}

std::string First(const study::StudySpec* spec) {
  if (spec == nullptr) return "the first";
  return fmt::format("{} {}", spec->search.sampling ? "points by" : "the", spec->search.name());
}

// Why there is that box.
std::string WhyOf(const store::RoundRow& round, const Json& box, const study::StudySpec* spec) {
  if (round.round == 1) return First(spec);
  const Json& trial = At(box, "trial");
  const Json& objective = At(box, "objective");
  std::string why = "round the best";
  if (trial.is_number()) {
    why = fmt::format("round trial {}", trial.dump());
  } else if (round.by_hand) {
    why = "round a point";
  }
  if (objective.is_number()) why += fmt::format(" at {}", NumberText(objective.get<double>()));
  return round.by_hand ? why + ", by hand" : why;
}

// "0.05..0.2 (5)" of an axis that is refined, "0.1" of one that stays at its centre.
std::string RangeOf(const Json& box, const std::string& name) {
  const Json& axis = At(At(box, "axes"), name);
  if (axis.is_null()) {
    const Json& place = At(At(box, "centre"), name);
    return place.is_null() ? "-" : Short(place);
  }
  const Json& num = At(axis, "num");
  const std::string range = fmt::format("{}..{}", Short(At(axis, "low")), Short(At(axis, "high")));
  return num.is_null() ? range : fmt::format("{} ({})", range, num.dump());
}

std::string EpochsOf(const store::RoundRow& round, const study::StudySpec* spec) {
  if (round.epochs) return std::to_string(*round.epochs);
  if (spec == nullptr) return "-";
  const model::Node* const epochs = spec->document.Find("training")->Find("epochs");
  const auto* const number = std::get_if<std::int64_t>(&epochs->scalar());
  return number == nullptr ? "each its own" : std::to_string(*number);
}

}  // namespace

std::string RoundsText(const std::vector<store::RoundRow>& rounds, const study::StudySpec* spec, bool colour) {
  constexpr auto kRight = Column::Align::kRight;
  std::vector<std::vector<Json>> boxes;
  std::vector<std::string> axes;
  for (const store::RoundRow& round : rounds) {
    boxes.push_back(BoxesOf(round));
    for (const Json& box : boxes.back()) {
      const Json& refined = At(box, "axes");
      if (!refined.is_object()) continue;
      for (const auto& [name, axis] : refined.items()) {
        if (std::ranges::find(axes, name) == axes.end()) axes.push_back(name);
      }
    }
  }
  std::vector<Column> columns = {{"ROUND", kRight}, {"WHY"}};
  for (const std::string& name : axes) columns.push_back({name, kRight});
  for (const char* name : {"TRIALS", "TRAINED", "REUSED", "EPOCHS", "BEST"}) columns.push_back({name, kRight});
  Table table(columns);
  for (std::size_t i = 0; i < rounds.size(); ++i) {
    const store::RoundRow& round = rounds[i];
    for (std::size_t b = 0; b < boxes[i].size(); ++b) {
      std::vector<Cell> row = {b == 0 ? std::to_string(round.round) : "", WhyOf(round, boxes[i][b], spec)};
      for (const std::string& name : axes) row.emplace_back(RangeOf(boxes[i][b], name));
      const std::string best =
          round.best_trial ? fmt::format("trial {} at {}", *round.best_trial, NumberText(round.best_objective))
                           : "-";
      std::string reused = std::to_string(round.reused);
      if (round.extended > 0) reused += fmt::format(", {} for longer", round.extended);
      for (const std::string& text :
           {std::to_string(round.trials), std::to_string(round.trained), reused, EpochsOf(round, spec), best}) {
        row.emplace_back(b == 0 ? text : "");
      }
      table.AddRow(std::move(row));
    }
  }
  return table.Render(colour);
}

}  // namespace hpsearch::cli
