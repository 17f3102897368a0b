#include "client/cli/importance_sample.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>
#include <utility>

#include "client/cli/results_csv.h"
#include "client/cli/study_source.h"
#include "server/search/value_scale.h"

namespace hpsearch::cli {
namespace {

// A parameter's values in the trials; null where one does not have it.
using Values = std::vector<Json>;

// Numbers on their scale, or one step apart where they are a list, or do not lie on it (a 0 that a logspace
// includes).
std::vector<double> Scaled(const std::vector<double>& numbers, const search::Parameter* parameter) {
  std::vector<double> scaled;
  scaled.reserve(numbers.size());
  const bool listed = parameter != nullptr && parameter->document().Find("values") != nullptr;
  const auto scale = parameter == nullptr ? std::nullopt : search::ScaleOf(*parameter);
  for (const double number : numbers) scaled.push_back(scale ? scale->At(number) : number);
  if (!listed && std::ranges::all_of(scaled, [](double at) { return std::isfinite(at); })) return scaled;
  std::vector<double> distinct = numbers;
  std::ranges::sort(distinct);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    scaled[i] = static_cast<double>(std::ranges::lower_bound(distinct, numbers[i]) - distinct.begin());
  }
  return scaled;
}

// A range as a whole; else half a step beyond the outermost ones, so that each of evenly spaced numbers has the
// same part of the axis.
importance::Axis AxisOf(std::vector<double> scaled, const search::Parameter* parameter) {
  std::ranges::sort(scaled);
  scaled.erase(std::unique(scaled.begin(), scaled.end()), scaled.end());
  const std::size_t last = scaled.size() - 1;
  if (parameter != nullptr && !parameter->gridded()) {
    return {.low = std::min(0.0, scaled[0]), .high = std::max(1.0, scaled[last])};
  }
  return {.low = scaled[0] - (scaled[1] - scaled[0]) / 2,
          .high = scaled[last] + (scaled[last] - scaled[last - 1]) / 2};
}

void AddNumbers(const std::string& name, const Values& values, const search::Parameter* parameter,
                ImportanceSample& all) {
  std::vector<double> numbers;
  for (const Json& value : values) {
    if (!value.is_null()) numbers.push_back(value.get<double>());
  }
  if (std::ranges::all_of(numbers, [&](double number) { return number == numbers.front(); })) return;
  const std::vector<double> scaled = Scaled(numbers, parameter);
  const importance::Axis axis = AxisOf(scaled, parameter);
  all.parameters.push_back(name);
  all.sample.axes.push_back(axis);
  std::size_t next = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    all.sample.observations[i].at.push_back(values[i].is_null() ? axis.low + (axis.high - axis.low) / 2
                                                                : scaled[next++]);
  }
}

void AddWords(const std::string& name, const Values& values, ImportanceSample& all) {
  std::vector<std::string> distinct;
  for (const Json& value : values) distinct.push_back(value.dump());
  std::ranges::sort(distinct);
  distinct.erase(std::unique(distinct.begin(), distinct.end()), distinct.end());
  if (distinct.size() < 2) return;
  all.parameters.push_back(name);
  all.sample.axes.push_back({.levels = static_cast<std::int64_t>(distinct.size())});
  for (std::size_t i = 0; i < values.size(); ++i) {
    const auto level = std::ranges::lower_bound(distinct, values[i].dump()) - distinct.begin();
    all.sample.observations[i].at.push_back(static_cast<double>(level));
  }
}

}  // namespace

absl::StatusOr<ImportanceSample> SampleOf(const std::vector<store::TrialRow>& trials,
                                          const search::SearchSpace& space, std::optional<std::int64_t> round) {
  std::vector<store::TrialRow> used;
  ImportanceSample all;
  for (const store::TrialRow& trial : trials) {
    if (!HasEnded(trial) || !trial.objective || (round && trial.round != *round)) continue;
    if (!round && trial.is_copy() && trial.reused_from->starts_with(trial.study + "/")) continue;
    used.push_back(trial);
    all.sample.observations.push_back({{}, *trial.objective});
  }
  if (used.size() < 2) {
    return absl::FailedPreconditionError(fmt::format("{} with a result; what mattered can be told from two on",
                                                     used.empty() ? "no trial" : "one trial"));
  }
  std::vector<Json> points;
  points.reserve(used.size());
  for (const store::TrialRow& trial : used) {
    points.push_back(Json::parse(trial.parameters, nullptr, /*allow_exceptions=*/false));
  }
  for (const std::string& name : ParameterNames(used)) {
    Values values;
    for (const Json& point : points) {
      const auto found = point.find(name);
      values.push_back(found == point.end() ? Json() : *found);
    }
    const bool numbers =
        std::ranges::all_of(values, [](const Json& value) { return value.is_number() || value.is_null(); });
    if (numbers) {
      AddNumbers(name, values, space.Find(name), all);
    } else {
      AddWords(name, values, all);
    }
  }
  if (all.parameters.empty()) {
    return absl::FailedPreconditionError("no parameter differs among the trials that have a result");
  }
  return all;
}

}  // namespace hpsearch::cli
