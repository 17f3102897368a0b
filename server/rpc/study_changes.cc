#include "server/rpc/study_changes.h"

#include <utility>

#include "server/study/records.h"

namespace hpsearch::rpc {
namespace {

template <class State>
bool Ended(std::optional<State> state) {
  return state.has_value() && study::IsFinal(*state);
}

absl::Status ReadEpochs(store::StudyReader& reader, const std::string& study, std::int64_t trial,
                        std::int64_t after, StudyChanges& changes) {
  const absl::StatusOr<std::vector<store::EpochRow>> rows = reader.Curve(study, trial);
  if (!rows.ok()) return rows.status();
  v1::StudyEvent event;
  event.mutable_epochs()->set_trial(trial);
  for (const store::EpochRow& row : *rows) {
    if (row.epoch <= after) continue;
    if (absl::Status status = ToMessage(row, event.mutable_epochs()->add_epochs()); !status.ok()) return status;
    changes.last_epochs[trial] = row.epoch;
  }
  if (event.epochs().epochs_size() > 0) changes.trials.push_back(std::move(event));
  return absl::OkStatus();
}

absl::Status ReadTrial(store::StudyReader& reader, const std::string& study, std::int64_t trial,
                       StudyChanges& changes) {
  const absl::StatusOr<store::TrialRow> row = reader.Trial(study, trial);
  if (!row.ok()) return row.status();
  v1::StudyEvent event;
  if (absl::Status status = ToMessage(*row, event.mutable_trial()); !status.ok()) return status;
  changes.trials.push_back(std::move(event));
  if (Ended(study::TrialStateFrom(row->state))) changes.ended_trials.push_back(trial);
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<StudyChanges> ReadChanges(store::StudyReader& reader, const std::string& study, Detail detail,
                                         const std::map<std::int64_t, TrialChange>& changed) {
  StudyChanges changes;
  for (const auto& [trial, change] : changed) {
    absl::Status status;
    if (change.epochs) status = ReadEpochs(reader, study, trial, change.after, changes);
    if (status.ok() && change.row) status = ReadTrial(reader, study, trial, changes);
    if (!status.ok()) return status;
  }
  const absl::StatusOr<store::StudyRow> row = reader.Study(study);
  if (!row.ok()) return row.status();
  absl::Status status = ToMessage(*row, detail, changes.study.mutable_study());
  if (!status.ok()) return status;
  changes.study_ended = Ended(study::StudyStateFrom(row->state));
  return changes;
}

}  // namespace hpsearch::rpc
