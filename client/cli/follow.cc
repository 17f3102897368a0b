#include "client/cli/follow.h"

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <utility>
#include <variant>

#include "client/cli/json_output.h"
#include "client/cli/progress.h"
#include "server/study/spec.h"

namespace hpsearch::cli {
namespace {

void PrintEvent(const WatchEvent& event) {
  if (const auto* study = std::get_if<store::StudyRow>(&event)) {
    Json json = StudyJson(*study, std::nullopt);
    json.erase("best");
    json["planned_trials"] = study->planned_trials;
    json["max_trials"] = study->max_trials;
    json["best_trial"] = study->best_trial ? Json(*study->best_trial) : Json();
    json["reason"] = study->reason;
    PrintJson({{"event", "study"}, {"value", json}});
  } else if (const auto* trial = std::get_if<store::TrialRow>(&event)) {
    PrintJson({{"event", "trial"}, {"value", TrialJson(*trial)}});
  } else {
    const auto& epoch = std::get<store::EpochRow>(event);
    Json json = {{"trial", epoch.trial}};
    json.update(EpochJson(epoch));
    PrintJson({{"event", "epoch"}, {"value", json}});
  }
}

}  // namespace

absl::StatusOr<store::StudyRow> Follow(StudySource& source, const std::string& study, std::stop_token stop,
                                       Show show) {
  absl::StatusOr<store::StudyRow> row = source.Study(study);
  if (!row.ok()) return row;
  store::StudyRow last = *row;
  std::optional<Progress> progress;
  if (show == Show::kProgress) progress.emplace(source, TotalRounds(*row), stderr);
  const absl::Status status = source.Watch(study, stop, [&](const WatchEvent& event) {
    if (const auto* now = std::get_if<store::StudyRow>(&event)) last = *now;
    if (progress) progress->OnEvent(event);
    if (show == Show::kJsonLines) PrintEvent(event);
  });
  if (progress) progress->Finish();
  if (!status.ok()) return status;
  last.spec = std::move(row->spec);  // which is not told again with each event
  return last;
}

absl::StatusOr<std::optional<BestResult>> BestOf(StudySource& source, const store::StudyRow& study) {
  if (!study.best_trial) return std::nullopt;
  absl::StatusOr<store::TrialRow> trial = source.Trial(study.study, *study.best_trial);
  if (!trial.ok()) return trial.status();
  BestResult best{*std::move(trial), study.best_point};
  if (best.point) best.trial.objective = best.point->mean;
  return best;
}

std::int64_t TotalRounds(const store::StudyRow& study) {
  const auto spec = study::ReadSpec(study.spec);
  const std::int64_t planned = spec.ok() && (*spec)->search.refine ? (*spec)->search.refine->rounds : 1;
  return std::max(planned, study.rounds);  // more where some were asked for by hand
}

}  // namespace hpsearch::cli
