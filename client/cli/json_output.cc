#include "client/cli/json_output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <variant>

#include "server/model/json.h"
#include "server/search/enqueued.h"

namespace hpsearch::cli {
namespace {

template <class T>
Json OrNull(const std::optional<T>& value) {
  return value ? Json(*value) : Json();
}

// Stored JSON, its keys in their order; text that is none stays text.
Json Parsed(const std::string& text) {
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  return json.is_discarded() ? Json(text) : json;
}

Json ScalarJson(const model::Scalar& scalar) {
  return std::visit(
      [](const auto& value) {
        if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
          return Json();
        } else {
          return Json(value);
        }
      },
      scalar);
}

Json RoundJson(const store::RoundRow& round) {
  Json best;
  if (round.best_trial) best = {{"trial", *round.best_trial}, {"objective", OrNull(round.best_objective)}};
  return {{"round", round.round},
          {"first_trial", round.first_trial},
          {"trials", round.trials},
          {"trained", round.trained},
          {"reused", round.reused},
          {"extended", round.extended},
          {"epochs", OrNull(round.epochs)},
          {"by_hand", round.by_hand},
          {"num", OrNull(round.num)},
          {"opened_at", round.opened_at},
          {"best", best},
          {"boxes", Parsed(round.boxes)}};
}

void AddPoint(const store::PointRow& point, Json& best) {
  best["replicates"] = point.results;
  best["mean"] = point.mean;
  best["standard_deviation"] = OrNull(point.standard_deviation);
  best["standard_error"] = OrNull(point.standard_error);
  best["indistinguishable_from"] = point.rival ? Json(point.rival->trial) : Json();
}

}  // namespace

Json StudyJson(const store::StudyRow& study, const std::optional<BestResult>& best) {
  Json counts = Json::object();
  for (const auto& [state, trials] : study.trial_counts) {
    if (trials > 0) counts[state] = trials;
  }
  Json best_json;
  if (best) {
    const store::TrialRow& trial = best->trial;
    best_json = {{"trial", trial.trial},
                 {"round", trial.round},
                 {"objective", OrNull(trial.objective)},
                 {"epoch", OrNull(trial.best_epoch)},
                 {"parameters", Parsed(trial.parameters)}};
    if (best->point) AddPoint(*best->point, best_json);
  }
  return {{"study", study.study},         {"state", study.state},   {"metric", study.metric},
          {"direction", study.direction}, {"rounds", study.rounds}, {"trial_counts", counts},
          {"seconds", study.seconds},     {"best", best_json}};
}

Json StudyDetailsJson(const store::StudyRow& study, const std::optional<BestResult>& best,
                      const std::vector<store::RoundRow>& rounds) {
  Json json = StudyJson(study, best);
  json["reason"] = study.reason;
  json["planned_trials"] = study.planned_trials;
  json["max_trials"] = study.max_trials;
  json["stored_epochs"] = study.stored_epochs;
  json["created_at"] = study.created_at;
  json["started_at"] = OrNull(study.started_at);
  json["finished_at"] = OrNull(study.finished_at);
  json["numerics_digest"] = study.numerics_digest;
  json["data_hash"] = study.data_hash;
  json["rounds_opened"] = Json::array();
  for (const store::RoundRow& round : rounds) json["rounds_opened"].push_back(RoundJson(round));
  for (const store::LearntRow& learnt : study.learnt) {
    json["warm_start"].push_back({{"study", learnt.study}, {"results", learnt.results}});
  }
  json["spec"] = Parsed(study.spec);
  return json;
}

Json TrialJson(const store::TrialRow& trial) {
  return {{"trial", trial.trial},
          {"round", trial.round},
          {"state", trial.state},
          {"reason", trial.reason},
          {"objective", OrNull(trial.objective)},
          {"best_epoch", OrNull(trial.best_epoch)},
          {"epochs", trial.epochs},
          {"epochs_planned", trial.epochs_planned},
          {"parameters", Parsed(trial.parameters)},
          {"seed", trial.seed},
          {"replicate", trial.replicate},
          {"worker", trial.worker},
          {"attempt", trial.attempt},
          {"reused_from", OrNull(trial.reused_from)},
          {"seconds", trial.seconds}};
}

Json EpochJson(const store::EpochRow& epoch) {
  Json json = {{"epoch", epoch.epoch},
               {"train_loss", OrNull(epoch.train_loss)},
               {"train_error", OrNull(epoch.train_error)},
               {"validation_loss", OrNull(epoch.validation_loss)},
               {"validation_error", OrNull(epoch.validation_error)},
               {"learning_rate", epoch.learning_rate},
               {"seconds", epoch.seconds},
               {"gradient_norm", OrNull(epoch.gradient_norm)},
               {"weight_norm", OrNull(epoch.weight_norm)},
               {"samples_per_second", OrNull(epoch.samples_per_second)}};
  for (const auto& [name, value] : epoch.metrics) json[name] = OrNull(value);
  return json;
}

Json WorkerJson(const store::WorkerRow& worker) {
  return {{"name", worker.name},      {"connected", worker.connected}, {"slots", worker.slots},
          {"leases", worker.leases},  {"datasets", worker.datasets},   {"numerics_digest", worker.numerics_digest},
          {"seen_at", worker.seen_at}};
}

Json CheckJson(const study::StudySpec& spec, const Plan& plan) {
  Json parameters = Json::object();
  for (const search::Parameter& parameter : spec.space.parameters()) {
    if (!parameter.gridded()) {  // a range: its entry
      parameters[parameter.name()] = Parsed(model::ToJson(parameter.document()));
      continue;
    }
    Json values = Json::array();
    for (const search::Place& place : parameter.places()) values.push_back(ScalarJson(parameter.At(place)));
    parameters[parameter.name()] = values;
  }
  Json json = {{"study", spec.name},    {"trials", plan.trials},    {"max_trials", plan.max_trials},
               {"epochs", plan.epochs}, {"parameters", parameters}, {"strategy", spec.search.name()}};
  if (!spec.search.enqueued.empty()) {
    for (const search::Point& point : search::EnqueuedPoints(spec.space, spec.search, spec.seed)) {
      json["enqueued"].push_back(Parsed(model::ToJson(spec.space.Values(point))));
    }
  }
  for (const EarlierCount& earlier : plan.earlier) {
    Json& entry =
        json["warm_start"].emplace_back(Json{{"study", earlier.study}, {"results", OrNull(earlier.results)}});
    if (!earlier.reason.empty()) entry["reason"] = earlier.reason;
  }
  for (const stopping::Section::Entry& rule : spec.stopping.entries)
    json["stopping"].push_back(rule.kind->keys.name);
  json["same_for_any_workers"] = study::SameForAnyWorkers(spec);
  if (spec.replicates() > 1) json["replicates"] = spec.replicates();
  return json;
}

void PrintJson(const Json& json) {
  fmt::print("{}\n", json.dump(-1, ' ', false, Json::error_handler_t::replace));
  std::fflush(stdout);
}

void PrintJsonArray(const std::vector<Json>& elements) {
  if (elements.empty()) return PrintJson(Json::array());
  for (std::size_t i = 0; i < elements.size(); ++i) {
    fmt::print("{}{}", i == 0 ? "[" : ",\n ", elements[i].dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  fmt::print("]\n");
}

}  // namespace hpsearch::cli
