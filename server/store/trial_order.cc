#include "server/store/trial_order.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <string_view>

#include "absl/status/status.h"
#include "server/store/study_rows.h"
#include "server/study/records.h"

namespace hpsearch::store {
namespace {

// In the spec, or (a parameter that is one for each repetition) in a trial.
constexpr char kHasParameter[] = R"sql(
  SELECT json_type(s.spec, ?2) IS NOT NULL OR
         EXISTS (SELECT 1 FROM trials t WHERE t.study = s.id AND t.number <= 100
                                              AND json_type(t.parameters, ?3) IS NOT NULL)
  FROM studies s WHERE s.name = ?1)sql";

// Columns of an epoch by which trials may be sorted.
constexpr std::array<std::string_view, 7> kEpochKeys = {"train_loss",        "train_error",   "validation_loss",
                                                        "validation_error",  "gradient_norm", "weight_norm",
                                                        "samples_per_second"};

constexpr char kHasMetric[] = R"sql(
  SELECT EXISTS (SELECT 1 FROM studies s, json_each(s.spec, '$.training.metrics') m
                 WHERE s.name = ?1 AND m.value = ?2))sql";

// The value at a trial's best epoch; both are names that are known here.
std::string EpochValue(std::string_view column) {
  return fmt::format(
      "(SELECT e.{} FROM studies s JOIN epochs e ON e.study = s.id WHERE s.name = ?1 "
      "AND e.trial = trial_results.trial AND e.epoch = trial_results.best_epoch)",
      column);
}
std::string MetricValue(std::string_view metric) {
  return fmt::format(
      "(SELECT m.value FROM studies s JOIN metrics m ON m.study = s.id WHERE s.name = ?1 "
      "AND m.trial = trial_results.trial AND m.epoch = trial_results.best_epoch AND m.metric = '{}')",
      metric);
}

bool IsParameterName(std::string_view name) {
  const auto follows = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_'; };
  return !name.empty() && name[0] >= 'a' && name[0] <= 'z' && std::all_of(name.begin(), name.end(), follows);
}

// What stands behind ORDER BY for a key of TrialQuery. The trial's number breaks ties.
absl::StatusOr<std::string> Order(Statements& statements, const TrialQuery& query) {
  const std::string_view direction = query.descending ? "DESC" : "ASC";
  const std::string& key = query.sort;
  if (key == "trial") return fmt::format("trial {}", direction);
  for (const std::string_view never_null : {"round", "state", "epochs", "seconds"}) {
    if (key == never_null) return fmt::format("{} {}, trial", key, direction);
  }
  for (const std::string_view column : {"objective", "started_at", "finished_at"}) {
    if (key == column) return fmt::format("{} {} NULLS LAST, trial", key, direction);
  }
  if (IsParameterName(key)) {
    const std::string in_spec = fmt::format("$.parameters.\"{}\"", key);
    const std::string in_trial = fmt::format("$.\"{}\"", key);
    Query known(statements, kHasParameter, query.study, in_spec, in_trial);
    if (known.Next() && Columns(known).Integer() != 0) {
      return fmt::format("json_extract(parameters, '{}') {} NULLS LAST, trial", in_trial, direction);
    }
  }
  if (std::ranges::find(kEpochKeys, key) != kEpochKeys.end()) {
    return fmt::format("{} {} NULLS LAST, trial", EpochValue(key), direction);
  }
  if (const std::optional<model::PartMetric> metric = model::MetricNamed(key)) {
    const std::string& whole = model::MetricNames()[static_cast<std::size_t>(metric->metric)];
    Query asked(statements, kHasMetric, query.study, whole);
    if (asked.Next() && Columns(asked).Integer() != 0) {
      return fmt::format("{} {} NULLS LAST, trial", MetricValue(key), direction);
    }
  }
  return absl::InvalidArgumentError(
      fmt::format("'{}' is nothing to sort by; trial, objective, round, state, epochs, seconds, started_at, "
                  "finished_at, a parameter or a metric (validation_loss) of study '{}' is wanted",
                  key, query.study));
}

}  // namespace

absl::Status Check(const TrialQuery& query) {
  if (query.limit < 0 || query.offset < 0) {
    return absl::InvalidArgumentError("limit and offset are counts; 0 or more is wanted");
  }
  if (!query.state.has_value() || study::TrialStateFrom(*query.state).has_value()) return absl::OkStatus();
  std::string names;
  for (const study::TrialState state : kTrialStates) {
    names += (names.empty() ? "" : ", ") + std::string(study::ToString(state));
  }
  return absl::InvalidArgumentError(
      fmt::format("'{}' is no state of a trial; one of {} is wanted", *query.state, names));
}

absl::StatusOr<std::string> Select(Statements& statements, const TrialQuery& query) {
  absl::StatusOr<std::string> order = Order(statements, query);
  if (!order.ok()) return order.status();
  return TrialsSql(
      fmt::format("{}ORDER BY {} LIMIT ?2 OFFSET ?3", query.state.has_value() ? "AND state = ?4 " : "", *order));
}

}  // namespace hpsearch::store
