#include "server/dashboard/routes.h"

#include <algorithm>
#include <charconv>
#include <nlohmann/json.hpp>
#include <optional>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hpsearch::dashboard {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::string_view kStudies = "/api/studies";
constexpr std::int64_t kMostTrials = 1000;  // of one answer
constexpr std::int64_t kMostRounds = 1000;
constexpr std::size_t kMostBoxBytes = std::size_t{8} << 20;
// Of one answer with curves, but that a trial's curve is never parted. Some 40 bytes each.
constexpr std::int64_t kMostEpochs = 100'000;

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json(nullptr);
}

// What a program wrote as JSON is embedded as JSON; anything else would be a damaged row and is shown as null.
Json Embedded(const std::string& text) {
  Json json = Json::parse(text, nullptr, false);
  return json.is_discarded() ? Json(nullptr) : json;
}

// Text of a database that another program may have written: bytes that are no UTF-8 are replaced, not refused.
std::string Dump(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

Json PointObject(const store::PointRow& row) {
  Json rival;
  if (row.rival) {
    rival = {{"trial", row.rival->trial},
             {"mean", row.rival->mean},
             {"standard_error", OrNull(row.rival->standard_error)}};
  }
  return {{"results", row.results},
          {"mean", row.mean},
          {"standard_deviation", OrNull(row.standard_deviation)},
          {"standard_error", OrNull(row.standard_error)},
          {"rival", std::move(rival)}};
}

Json StudyObject(const store::StudyRow& row, bool with_spec) {
  Json counts = Json::object();
  for (const auto& [state, trials] : row.trial_counts) counts[state] = trials;
  Json json = {{"study", row.study},
               {"state", row.state},
               {"reason", row.reason},
               {"metric", row.metric},
               {"direction", row.direction},
               {"created_at", row.created_at},
               {"started_at", OrNull(row.started_at)},
               {"finished_at", OrNull(row.finished_at)},
               {"seconds", row.seconds},
               {"rounds", row.rounds},
               {"planned_trials", row.planned_trials},
               {"max_trials", row.max_trials},
               {"stored_epochs", row.stored_epochs},
               {"trial_counts", std::move(counts)},
               {"best_trial", OrNull(row.best_trial)},
               {"best_point", row.best_point ? PointObject(*row.best_point) : Json(nullptr)}};
  if (with_spec) json["spec"] = Embedded(row.spec);
  return json;
}

Json TrialObject(const store::TrialRow& row) {
  return {{"trial", row.trial},
          {"round", row.round},
          {"state", row.state},
          {"reason", row.reason},
          {"objective", OrNull(row.objective)},
          {"best_epoch", OrNull(row.best_epoch)},
          {"epochs", row.epochs},
          {"epochs_planned", row.epochs_planned},
          {"parameters", Embedded(row.parameters)},
          {"replicate", row.replicate},
          {"worker", row.worker},
          {"attempt", row.attempt},
          {"started_at", OrNull(row.started_at)},
          {"finished_at", OrNull(row.finished_at)},
          {"seconds", row.seconds},
          {"reused_from", OrNull(row.reused_from)}};
}

Json RoundObject(const store::RoundRow& row) {
  Json best;
  if (row.best_trial) best = {{"trial", *row.best_trial}, {"objective", OrNull(row.best_objective)}};
  return {{"round", row.round},           {"first_trial", row.first_trial}, {"trials", row.trials},
          {"trained", row.trained},       {"reused", row.reused},           {"extended", row.extended},
          {"epochs", OrNull(row.epochs)}, {"by_hand", row.by_hand},         {"opened_at", row.opened_at},
          {"best", std::move(best)},      {"boxes", Embedded(row.boxes)}};
}

absl::StatusOr<std::int64_t> Number(const Target& target, const std::string& key, std::int64_t fallback,
                                    std::int64_t low, std::int64_t high) {
  auto it = target.query.find(key);
  if (it == target.query.end()) return fallback;
  std::int64_t value = 0;
  const std::string& text = it->second;
  auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < low) {
    return absl::InvalidArgumentError(absl::StrCat(key, ": a whole number from ", low, " is wanted"));
  }
  return std::min(value, high);
}

absl::StatusOr<std::string> Trials(const Target& target, const std::string& study, store::StudyReader& reader) {
  store::TrialQuery query;
  query.study = study;
  if (auto it = target.query.find("sort"); it != target.query.end()) query.sort = it->second;
  if (auto it = target.query.find("state"); it != target.query.end()) query.state = it->second;
  query.descending = target.query.contains("descending");
  auto limit = Number(target, "limit", 100, 1, kMostTrials);
  if (!limit.ok()) return limit.status();
  auto offset = Number(target, "offset", 0, 0, std::int64_t{1} << 40);
  if (!offset.ok()) return offset.status();
  query.limit = *limit;
  query.offset = *offset;
  auto rows = reader.Trials(query);
  if (!rows.ok()) return rows.status();
  Json json = Json::array();
  for (const store::TrialRow& row : *rows) json.push_back(TrialObject(row));
  return Dump(json);
}

absl::StatusOr<std::string> Rounds(const std::string& study, store::StudyReader& reader) {
  auto rows = reader.Rounds(study, 0, kMostRounds, kMostBoxBytes);
  if (!rows.ok()) return rows.status();
  Json json = Json::array();
  for (const store::RoundRow& row : *rows) json.push_back(RoundObject(row));
  return Dump(json);
}

// How many trials from `first` on, `count` at most, are answered at once.
absl::StatusOr<std::int64_t> TrialsAtOnce(const std::string& study, std::int64_t first, std::int64_t count,
                                          store::StudyReader& reader) {
  store::TrialQuery query;
  query.study = study;
  query.limit = count;
  query.offset = first - 1;  // trials get their rows in the order of their numbers
  auto rows = reader.Trials(query);
  if (!rows.ok()) return rows.status();
  std::int64_t epochs = 0;
  for (const store::TrialRow& row : *rows) {
    epochs += row.epochs;
    if (epochs > kMostEpochs && row.trial > first) return row.trial - first;
  }
  return count;
}

// What the study's objective is of both parts: "error" of validation_error.
std::string MetricOf(const store::StudyRow& study) { return study.metric.substr(study.metric.find('_') + 1); }

absl::StatusOr<std::string> Curves(const Target& target, const std::string& study, store::StudyReader& reader) {
  auto first = Number(target, "first", 1, 1, std::int64_t{1} << 40);
  if (!first.ok()) return first.status();
  auto count = Number(target, "count", kMostTrials, 1, kMostTrials);
  if (!count.ok()) return count.status();
  auto at_once = TrialsAtOnce(study, *first, *count, reader);
  if (!at_once.ok()) return at_once.status();
  auto rows = reader.Curves(study, *first, *at_once);
  if (!rows.ok()) return rows.status();
  auto row_of_study = reader.Study(study, store::Detail::kWithoutSpec);
  if (!row_of_study.ok()) return row_of_study.status();
  const std::string metric = MetricOf(*row_of_study);
  Json curves = Json::array();
  for (const store::EpochRow& row : *rows) {
    if (curves.empty() || curves.back()[0] != row.trial) curves.push_back({row.trial, Json::array()});
    curves.back()[1].push_back(
        {OrNull(store::ValueOf(row, "train_" + metric)), OrNull(store::ValueOf(row, "validation_" + metric))});
  }
  const Json next = *at_once < *count ? Json(*first + *at_once) : Json(nullptr);
  return Dump({{"next", next}, {"metric", metric}, {"curves", std::move(curves)}});
}

absl::StatusOr<std::string> Trial(std::string_view number, const std::string& study, store::StudyReader& reader) {
  std::int64_t trial = 0;
  auto [end, error] = std::from_chars(number.data(), number.data() + number.size(), trial);
  if (error != std::errc() || end != number.data() + number.size()) {
    return absl::InvalidArgumentError("trials/: a whole number from 1 is wanted");
  }
  auto row = reader.Trial(study, trial);
  if (!row.ok()) return row.status();
  return Dump(TrialObject(*row));
}

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

std::optional<std::string> Decode(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i] == '+' ? ' ' : text[i];
      continue;
    }
    if (i + 2 >= text.size()) return std::nullopt;
    const int high = HexDigit(text[i + 1]);
    const int low = HexDigit(text[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    decoded += static_cast<char>(high * 16 + low);
    i += 2;
  }
  return decoded;
}

// "{study}" and "trials" of "/api/studies/{study}/trials"; the second is empty where nothing follows.
std::optional<std::pair<std::string, std::string>> StudyPath(const Target& target) {
  std::string_view rest = target.path;
  if (!rest.starts_with(kStudies)) return std::nullopt;
  rest.remove_prefix(kStudies.size());
  if (rest.size() < 2 || rest.front() != '/') return std::nullopt;
  rest.remove_prefix(1);
  const std::size_t slash = rest.find('/');
  if (slash == std::string_view::npos) return std::pair(std::string(rest), std::string());
  return std::pair(std::string(rest.substr(0, slash)), std::string(rest.substr(slash + 1)));
}

}  // namespace

absl::StatusOr<Target> ParseTarget(std::string_view text) {
  Target target;
  const std::size_t mark = text.find('?');
  auto path = Decode(text.substr(0, mark));
  if (!path) return absl::InvalidArgumentError("the path has a bad escape");
  target.path = *std::move(path);
  std::string_view query = mark == std::string_view::npos ? std::string_view() : text.substr(mark + 1);
  while (!query.empty()) {
    const std::size_t end = std::min(query.find('&'), query.size());
    const std::string_view pair = query.substr(0, end);
    query.remove_prefix(std::min(end + 1, query.size()));
    const std::size_t equals = std::min(pair.find('='), pair.size());
    auto key = Decode(pair.substr(0, equals));
    auto value = Decode(pair.substr(std::min(equals + 1, pair.size())));
    if (!key || !value) return absl::InvalidArgumentError("the query has a bad escape");
    target.query[*std::move(key)] = *std::move(value);
  }
  return target;
}

std::string EventsOf(const Target& target) {
  auto path = StudyPath(target);
  return path && path->second == "events" ? path->first : std::string();
}

std::string StudyJson(const store::StudyRow& row, bool with_spec) { return Dump(StudyObject(row, with_spec)); }

absl::StatusOr<std::string> Answer(const Target& target, store::StudyReader& reader) {
  if (target.path == kStudies) {
    auto rows = reader.Studies();
    if (!rows.ok()) return rows.status();
    Json json = Json::array();
    for (const store::StudyRow& row : *rows) json.push_back(StudyObject(row, false));
    return Dump(json);
  }
  auto path = StudyPath(target);
  if (!path) return absl::NotFoundError(absl::StrCat("nothing is at ", target.path));
  const auto& [study, what] = *path;
  if (what.empty()) {
    auto row = reader.Study(study);
    if (!row.ok()) return row.status();
    return StudyJson(*row, true);
  }
  constexpr std::string_view kTrial = "trials/";
  if (what == "trials") return Trials(target, study, reader);
  if (what.starts_with(kTrial)) return Trial(std::string_view(what).substr(kTrial.size()), study, reader);
  if (what == "rounds") return Rounds(study, reader);
  if (what == "curves") return Curves(target, study, reader);
  return absl::NotFoundError(absl::StrCat("nothing is at ", target.path));
}

}  // namespace hpsearch::dashboard
