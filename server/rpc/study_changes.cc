#include "server/rpc/study_changes.h"

#include <utility>

#include "server/study/records.h"

namespace hpsearch::rpc {
namespace {

template <class State>
bool Ended(std::optional<State> state) {
  return state.has_value() && study::IsFinal(*state);
}

// Takes what it reads off `most`.
absl::Status ReadEpochs(store::StudyReader& reader, const std::string& study, std::int64_t trial,
                        std::int64_t after, std::int64_t& most, StudyChanges& changes) {
  const absl::StatusOr<std::vector<store::EpochRow>> rows = reader.Curve(study, trial, after, most);
  if (!rows.ok()) return rows.status();
  most -= static_cast<std::int64_t>(rows->size());
  if (rows->empty()) return absl::OkStatus();
  v1::StudyEvent event;
  event.mutable_epochs()->set_trial(trial);
  for (const store::EpochRow& row : *rows) {
    if (absl::Status status = ToMessage(row, event.mutable_epochs()->add_epochs()); !status.ok()) return status;
  }
  changes.last_epochs[trial] = rows->back().epoch;
  changes.trials.push_back(std::move(event));
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

absl::StatusOr<StudyChanges> ReadChanges(store::StudyReader& reader, const std::string& study, const Look& look) {
  StudyChanges changes;
  std::int64_t most = look.most_epochs;
  for (const auto& [trial, change] : look.changed) {
    absl::Status status;
    if (change.epochs && most > 0) status = ReadEpochs(reader, study, trial, change.after, most, changes);
    // The row waits for the epochs that are left.
    if (change.epochs && most == 0) {
      changes.unread.emplace(trial, change);
    } else if (status.ok() && change.row) {
      status = ReadTrial(reader, study, trial, changes);
    }
    if (!status.ok()) return status;
  }
  const absl::StatusOr<store::StudyRow> row = reader.Study(study, look.detail);
  if (!row.ok()) return row.status();
  absl::Status status = ToMessage(*row, look.detail, changes.study.mutable_study());
  if (!status.ok()) return status;
  changes.study_ended = Ended(study::StudyStateFrom(row->state));
  return changes;
}

}  // namespace hpsearch::rpc
