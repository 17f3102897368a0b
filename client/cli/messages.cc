#include "client/cli/messages.h"

#include <fmt/format.h>
#include <google/protobuf/util/time_util.h>
#include <grpcpp/support/status.h>

#include <ctime>

#include "absl/strings/str_join.h"

namespace hpsearch::cli {
namespace {

using google::protobuf::util::TimeUtil;

std::optional<std::string> TimeOf(bool set, const google::protobuf::Timestamp& time) {
  if (!set || time.seconds() < TimeUtil::kTimestampMinSeconds || time.seconds() > TimeUtil::kTimestampMaxSeconds) {
    return std::nullopt;
  }
  // As the file's views have it: TimeUtil leaves out zeros at the end.
  std::string text = TimeUtil::ToString(time);
  text.pop_back();  // the Z
  if (text.find('.') == std::string::npos) text += '.';
  text.resize(std::string_view("2026-11-27T19:46:39.708123").size(), '0');
  return text + 'Z';
}

template <class T>
std::optional<T> Optional(bool set, T value) {
  return set ? std::optional<T>(value) : std::nullopt;
}

std::string WithoutPrefix(const std::string& text, std::string_view prefix) {
  return text.starts_with(prefix) ? text.substr(prefix.size()) : text;
}

// "fashion-mlp/12" from "studies/fashion-mlp/trials/12".
std::string ShortName(const std::string& resource) {
  std::string name = WithoutPrefix(resource, "studies/");
  const std::size_t middle = name.find("/trials/");
  return middle == std::string::npos ? name : name.replace(middle, std::string_view("/trials/").size(), "/");
}

store::PointRow ToRow(const v1::BestPoint& message) {
  store::PointRow row;
  row.results = message.results();
  row.mean = message.mean();
  row.standard_deviation = Optional(message.has_standard_deviation(), message.standard_deviation());
  row.standard_error = Optional(message.has_standard_error(), message.standard_error());
  if (message.indistinguishable_from() > 0) {
    row.rival = {message.indistinguishable_from(), message.rival_mean(),
                 Optional(message.has_rival_standard_error(), message.rival_standard_error())};
  }
  return row;
}

}  // namespace

store::StudyRow ToRow(const v1::Study& message) {
  store::StudyRow row;
  row.study = ShortName(message.name());
  row.state = WithoutPrefix(v1::StudyState_Name(message.state()), "STUDY_STATE_");
  row.metric = message.metric();
  row.direction = message.direction();
  row.reason = message.reason();
  row.spec = message.spec_json();
  row.created_at = TimeOf(message.has_created_at(), message.created_at()).value_or("");
  row.started_at = TimeOf(message.has_started_at(), message.started_at());
  row.finished_at = TimeOf(message.has_finished_at(), message.finished_at());
  row.seconds = message.seconds();
  row.rounds = message.rounds();
  row.planned_trials = message.planned_trials();
  row.max_trials = message.max_trials();
  row.stored_epochs = message.stored_epochs();
  row.numerics_digest = message.numerics_digest();
  row.data_hash = message.data_hash();
  for (const v1::TrialCount& count : message.trial_counts())
    row.trial_counts.emplace_back(WithoutPrefix(v1::TrialState_Name(count.state()), "TRIAL_STATE_"),
                                  count.trials());
  row.best_trial = Optional(message.best_trial() > 0, message.best_trial());
  for (const v1::EarlierStudy& earlier : message.begun_with())
    row.learnt.push_back({earlier.study(), earlier.results()});
  if (message.has_best_point()) row.best_point = ToRow(message.best_point());
  return row;
}

store::TrialRow ToRow(const v1::Trial& message) {
  store::TrialRow row;
  const std::string name = ShortName(message.name());
  row.study = name.substr(0, name.find('/'));
  row.trial = message.trial();
  row.round = message.round();
  row.state = WithoutPrefix(v1::TrialState_Name(message.state()), "TRIAL_STATE_");
  row.reason = message.reason();
  row.objective = Optional(message.has_objective(), message.objective());
  row.best_epoch = Optional(message.has_best_epoch(), message.best_epoch());
  row.epochs = message.epochs();
  row.epochs_planned = message.epochs_planned();
  row.parameters = message.parameters_json();
  row.seed = message.seed();
  row.replicate = message.replicate();
  row.worker = message.worker();
  row.attempt = message.attempt();
  row.started_at = TimeOf(message.has_started_at(), message.started_at());
  row.finished_at = TimeOf(message.has_finished_at(), message.finished_at());
  row.seconds = message.seconds();
  row.reused_from = Optional(!message.reused_from().empty(), ShortName(message.reused_from()));
  return row;
}

store::RoundRow ToRow(const v1::Round& message) {
  store::RoundRow row;
  row.round = message.round();
  row.first_trial = message.first_trial();
  row.trials = message.trials();
  row.trained = message.trained();
  row.reused = message.reused();
  row.extended = message.extended();
  row.epochs = Optional(message.has_epochs(), message.epochs());
  row.by_hand = message.by_hand();
  row.num = Optional(message.has_num(), message.num());
  row.opened_at = TimeOf(message.has_opened_at(), message.opened_at()).value_or("");
  row.best_trial = Optional(message.best_trial() > 0, message.best_trial());
  row.best_objective = Optional(message.has_best_objective(), message.best_objective());
  row.boxes = message.boxes_json();
  return row;
}

store::EpochRow ToRow(std::int64_t trial, const v1::Epoch& message) {
  store::EpochRow row;
  row.trial = trial;
  row.epoch = message.epoch();
  row.train_loss = Optional(message.has_train_loss(), message.train_loss());
  row.train_error = Optional(message.has_train_error(), message.train_error());
  row.validation_loss = Optional(message.has_validation_loss(), message.validation_loss());
  row.validation_error = Optional(message.has_validation_error(), message.validation_error());
  row.learning_rate = message.learning_rate();
  row.seconds = message.seconds();
  row.reported_at = TimeOf(message.has_reported_at(), message.reported_at()).value_or("");
  row.gradient_norm = Optional(message.has_gradient_norm(), message.gradient_norm());
  row.weight_norm = Optional(message.has_weight_norm(), message.weight_norm());
  row.samples_per_second = Optional(message.has_samples_per_second(), message.samples_per_second());
  for (const v1::MetricValue& metric : message.metrics()) {
    row.metrics.emplace_back(metric.name(), Optional(metric.has_value(), metric.value()));
  }
  return row;
}

store::WorkerRow ToRow(const v1::Worker& message) {
  store::WorkerRow row;
  row.name = message.name();
  row.slots = message.slots();
  row.numerics_digest = message.numerics_digest();
  row.datasets = absl::StrJoin(message.datasets(), ",");
  row.connected = message.connected();
  row.leases = message.leases();
  row.seen_at = TimeUtil::ToString(TimeUtil::TimeTToTimestamp(std::time(nullptr)) -
                                   TimeUtil::SecondsToDuration(static_cast<std::int64_t>(message.idle_seconds())));
  return row;
}

std::string StudyResource(std::string_view study) { return fmt::format("studies/{}", study); }
std::string TrialResource(std::string_view study, std::string_view id) {
  return fmt::format("studies/{}/trials/{}", study, id);
}

absl::Status ToStatus(const grpc::Status& status, const Target& target) {
  absl::Status same(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
  if (target.kind == Target::Kind::kDatabase) return OfFile(same);
  // One that hangs, and one that stops and cuts its calls off, are not reached either: nobody here cancels a call
  // whose end he asks for.
  const bool gone = absl::IsUnavailable(same) || absl::IsDeadlineExceeded(same) || absl::IsCancelled(same);
  if (!gone) return same;
  return absl::UnavailableError(fmt::format("server {} is not reached: {}", target.name, status.error_message()));
}

}  // namespace hpsearch::cli
