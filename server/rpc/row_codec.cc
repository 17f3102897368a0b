#include "server/rpc/row_codec.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>

#include <optional>
#include <string>

#include "proto/codec/document_codec.h"
#include "server/model/json.h"
#include "server/rpc/resource_name.h"

namespace hpsearch::rpc {
namespace {

absl::Status SetTime(const std::string& text, google::protobuf::Timestamp* time) {
  if (google::protobuf::util::TimeUtil::FromString(text, time)) return absl::OkStatus();
  return absl::InternalError(fmt::format("'{}' in the database is no time", text));
}

absl::Status SetSpec(const std::string& json, v1::Study* study) {
  absl::StatusOr<model::Node> document = model::FromJson(json);
  if (!document.ok()) return absl::InternalError(fmt::format("stored spec: {}", document.status().ToString()));
  if (absl::Status status = codec::FromDocument(*document, study->mutable_spec()); !status.ok()) {
    return absl::InternalError(fmt::format("stored spec: {}", status.ToString()));
  }
  study->set_spec_json(json);
  return absl::OkStatus();
}

void SetBestPoint(const store::PointRow& row, v1::BestPoint* point) {
  point->set_results(row.results);
  point->set_mean(row.mean);
  if (row.standard_deviation) point->set_standard_deviation(*row.standard_deviation);
  if (row.standard_error) point->set_standard_error(*row.standard_error);
  if (!row.rival) return;
  point->set_indistinguishable_from(row.rival->trial);
  point->set_rival_mean(row.rival->mean);
  if (row.rival->standard_error) point->set_rival_standard_error(*row.rival->standard_error);
}

}  // namespace

absl::Status ToMessage(const store::StudyRow& row, Detail detail, v1::Study* study) {
  study->set_name(StudyName(row.study));
  v1::StudyState state;
  if (!v1::StudyState_Parse("STUDY_STATE_" + row.state, &state)) {
    return absl::InternalError(fmt::format("'{}' in the database is no state of a study", row.state));
  }
  study->set_state(state);
  study->set_reason(row.reason);
  study->set_metric(row.metric);
  study->set_direction(row.direction);
  study->set_seconds(row.seconds);
  study->set_rounds(row.rounds);
  study->set_planned_trials(row.planned_trials);
  study->set_max_trials(row.max_trials);
  study->set_stored_epochs(row.stored_epochs);
  for (const auto& [name, trials] : row.trial_counts) {
    v1::TrialCount* count = study->add_trial_counts();
    v1::TrialState counted;
    if (!v1::TrialState_Parse("TRIAL_STATE_" + name, &counted)) {
      return absl::InternalError(fmt::format("'{}' in the database is no state of a trial", name));
    }
    count->set_state(counted);
    count->set_trials(trials);
  }
  study->set_best_trial(row.best_trial.value_or(0));
  if (row.best_point) SetBestPoint(*row.best_point, study->mutable_best_point());
  study->set_numerics_digest(row.numerics_digest);
  study->set_data_hash(row.data_hash);
  absl::Status status = SetTime(row.created_at, study->mutable_created_at());
  if (status.ok() && row.started_at) status = SetTime(*row.started_at, study->mutable_started_at());
  if (status.ok() && row.finished_at) status = SetTime(*row.finished_at, study->mutable_finished_at());
  if (!status.ok() || detail != Detail::kWhole) return status;
  for (const store::LearntRow& learnt : row.learnt) {
    v1::EarlierStudy* earlier = study->add_begun_with();
    earlier->set_study(learnt.study);
    earlier->set_results(learnt.results);
  }
  return SetSpec(row.spec, study);
}

void Overlay(const study::StudyRecord& record, v1::Study* study) {
  using google::protobuf::util::TimeUtil;
  v1::StudyState state = v1::STUDY_STATE_UNSPECIFIED;
  v1::StudyState_Parse("STUDY_STATE_" + std::string(study::ToString(record.state)), &state);
  study->set_state(state);
  study->set_reason(record.reason);
  study->set_planned_trials(record.planned_trials);
  study->set_max_trials(record.max_trials);
  if (study->best_trial() != record.best_trial.value_or(0)) study->clear_best_point();  // it is another one's
  study->set_best_trial(record.best_trial.value_or(0));
  study->set_numerics_digest(record.numerics_digest);
  study->set_data_hash(record.data_hash);
  study->clear_started_at();
  study->clear_finished_at();
  *study->mutable_created_at() = TimeUtil::MicrosecondsToTimestamp(record.created_at);
  if (record.started_at) *study->mutable_started_at() = TimeUtil::MicrosecondsToTimestamp(*record.started_at);
  if (record.finished_at) *study->mutable_finished_at() = TimeUtil::MicrosecondsToTimestamp(*record.finished_at);
}

absl::Status ToMessage(const store::TrialRow& row, v1::Trial* trial) {
  trial->set_name(TrialName(row.study, row.trial));
  trial->set_trial(row.trial);
  trial->set_round(row.round);
  v1::TrialState state;
  if (!v1::TrialState_Parse("TRIAL_STATE_" + row.state, &state)) {
    return absl::InternalError(fmt::format("'{}' in the database is no state of a trial", row.state));
  }
  trial->set_state(state);
  trial->set_reason(row.reason);
  if (row.objective) trial->set_objective(*row.objective);
  if (row.best_epoch) trial->set_best_epoch(*row.best_epoch);
  trial->set_epochs(row.epochs);
  trial->set_epochs_planned(row.epochs_planned);
  trial->set_parameters_json(row.parameters);
  trial->set_seed(row.seed);
  trial->set_replicate(row.replicate);
  trial->set_worker(row.worker);
  trial->set_attempt(row.attempt);
  trial->set_seconds(row.seconds);
  if (row.reused_from) {
    const std::size_t slash = row.reused_from->find('/');
    if (slash == std::string::npos) {
      return absl::InternalError(fmt::format("'{}' in the database is no STUDY/TRIAL", *row.reused_from));
    }
    trial->set_reused_from(StudyName(row.reused_from->substr(0, slash)) + "/trials" +
                           row.reused_from->substr(slash));
  }
  absl::Status status;
  if (row.started_at) status = SetTime(*row.started_at, trial->mutable_started_at());
  if (status.ok() && row.finished_at) status = SetTime(*row.finished_at, trial->mutable_finished_at());
  return status;
}

absl::Status ToMessage(const store::RoundRow& row, v1::Round* round) {
  round->set_round(row.round);
  round->set_first_trial(row.first_trial);
  round->set_trials(row.trials);
  round->set_trained(row.trained);
  round->set_reused(row.reused);
  round->set_extended(row.extended);
  if (row.epochs) round->set_epochs(*row.epochs);
  round->set_by_hand(row.by_hand);
  if (row.num) round->set_num(*row.num);
  round->set_best_trial(row.best_trial.value_or(0));
  if (row.best_objective) round->set_best_objective(*row.best_objective);
  round->set_boxes_json(row.boxes);
  return SetTime(row.opened_at, round->mutable_opened_at());
}

absl::Status ToMessage(const store::EpochRow& row, v1::Epoch* epoch) {
  epoch->set_epoch(row.epoch);
  if (row.train_loss) epoch->set_train_loss(*row.train_loss);
  if (row.train_error) epoch->set_train_error(*row.train_error);
  if (row.validation_loss) epoch->set_validation_loss(*row.validation_loss);
  if (row.validation_error) epoch->set_validation_error(*row.validation_error);
  epoch->set_learning_rate(row.learning_rate);
  epoch->set_seconds(row.seconds);
  if (row.gradient_norm) epoch->set_gradient_norm(*row.gradient_norm);
  if (row.weight_norm) epoch->set_weight_norm(*row.weight_norm);
  if (row.samples_per_second) epoch->set_samples_per_second(*row.samples_per_second);
  for (const auto& [name, value] : row.metrics) {
    v1::MetricValue* metric = epoch->add_metrics();
    metric->set_name(name);
    if (value) metric->set_value(*value);
  }
  return SetTime(row.reported_at, epoch->mutable_reported_at());
}

}  // namespace hpsearch::rpc
