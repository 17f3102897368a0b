#include "client/cli/results_csv.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <string_view>
#include <utility>

namespace hpsearch::cli {
namespace {

Json ParametersJson(const store::TrialRow& trial) {
  Json json = Json::parse(trial.parameters, nullptr, /*allow_exceptions=*/false);
  return json.is_object() ? json : Json::object();
}

// Keys of TrialJson, before the parameters and behind them.
constexpr std::string_view kBefore[] = {"trial",     "round",      "state",  "reason",
                                        "objective", "best_epoch", "epochs", "epochs_planned"};
constexpr std::string_view kBehind[] = {"seed", "replicate", "worker", "attempt", "reused_from", "seconds"};

std::string TextCell(const std::string& text) {
  const bool plain = !text.empty() && text.front() != ' ' && text.back() != ' ' &&
                     text.find_first_of(",\"\r\n\t") == std::string::npos;
  if (plain) return text;
  std::string quoted = "\"";
  for (const char c : text) {
    if (c == '"') quoted += '"';
    quoted += c;
  }
  return quoted + "\"";
}

class Line {
 public:
  void Add(const std::string& cell) {
    if (begun_) text_ += ',';
    begun_ = true;
    text_ += cell;
  }
  // nullptr and null: an empty cell.
  void Add(const Json* value) {
    if (value == nullptr || value->is_null()) return Add(std::string());
    Add(value->is_string() ? TextCell(value->get<std::string>()) : value->dump());
  }
  void AddOf(const Json& object, std::string_view key) {
    const auto found = object.find(key);
    Add(found == object.end() ? nullptr : &*found);
  }
  std::string Take() { return std::exchange(text_, {}) + "\n"; }

 private:
  std::string text_;
  bool begun_ = false;
};

// The name of a column that is no parameter's.
std::string Own(std::string_view prefix, std::string_view name, const std::vector<std::string>& parameters) {
  std::string own(name);
  while (std::ranges::find(parameters, own) != parameters.end()) own.insert(0, prefix);
  return own;
}

}  // namespace

std::vector<std::string> ParameterNames(const std::vector<store::TrialRow>& trials) {
  std::vector<std::string> names;
  for (const store::TrialRow& trial : trials) {
    const Json parameters = ParametersJson(trial);
    for (const auto& [name, value] : parameters.items()) {
      if (std::ranges::find(names, name) == names.end()) names.push_back(name);
    }
  }
  return names;
}

std::string TrialsCsv::Header() const {
  Line line;
  for (const std::string_view name : kBefore) line.Add(Own("trial_", name, parameters_));
  for (const std::string& name : parameters_) line.Add(TextCell(name));
  for (const std::string_view name : kBehind) line.Add(Own("trial_", name, parameters_));
  return line.Take();
}

std::string TrialsCsv::Row(const store::TrialRow& trial) const {
  const Json json = TrialJson(trial);
  const Json parameters = ParametersJson(trial);
  Line line;
  for (const std::string_view name : kBefore) line.AddOf(json, name);
  for (const std::string& name : parameters_) line.AddOf(parameters, name);
  for (const std::string_view name : kBehind) line.AddOf(json, name);
  return line.Take();
}

CurvesCsv::CurvesCsv(std::vector<std::string> parameters, const std::vector<std::string>& metrics)
    : parameters_(std::move(parameters)) {
  const Json epoch = EpochJson({});
  for (const auto& [name, value] : epoch.items()) of_epochs_.push_back(name);
  of_epochs_.insert(of_epochs_.end(), metrics.begin(), metrics.end());
}

std::string CurvesCsv::Header() const {
  Line line;
  line.Add(Own("trial_", "trial", parameters_));
  for (const std::string& name : parameters_) line.Add(TextCell(name));
  for (const std::string_view name : {"seed", "run"}) line.Add(Own("trial_", name, parameters_));
  for (const std::string& name : of_epochs_) line.Add(Own("epoch_", name, parameters_));
  return line.Take();
}

std::string CurvesCsv::Rows(const store::TrialRow& trial, const std::vector<store::EpochRow>& epochs) const {
  const Json parameters = ParametersJson(trial);
  Line begin;
  begin.Add(std::to_string(trial.trial));
  for (const std::string& name : parameters_) begin.AddOf(parameters, name);
  begin.Add(std::to_string(trial.seed));
  begin.Add(std::to_string(trial.replicate));
  std::string rows;
  for (const store::EpochRow& epoch : epochs) {
    const Json json = EpochJson(epoch);
    Line line = begin;
    for (const std::string& name : of_epochs_) line.AddOf(json, name);
    rows += line.Take();
  }
  return rows;
}

}  // namespace hpsearch::cli
