// Records for tests of stores: valid samples, random ones, and what makes two of them the same to the bit.
#pragma once

#include <rapidcheck.h>

#include <bit>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

#include "server/study/records.h"

namespace hpsearch::study {

// Bits of a double, those of all NaNs being one, and of both zeros: a store need not tell them apart.
inline std::uint64_t Bits(double value) {
  if (std::isnan(value)) return std::bit_cast<std::uint64_t>(std::numeric_limits<double>::quiet_NaN());
  return value == 0 ? 0 : std::bit_cast<std::uint64_t>(value);
}

inline auto Fields(const StudyRecord& r) {
  return std::tie(r.id, r.name, r.spec, r.state, r.reason, r.data_hash, r.numerics_digest, r.metric, r.direction,
                  r.planned_trials, r.max_trials, r.next_trial, r.best_trial, r.stopping, r.extended_from,
                  r.created_at, r.started_at, r.finished_at);
}
inline auto Fields(const RoundRecord& r) {
  return std::tie(r.study, r.number, r.first_trial, r.trials, r.centres, r.opened_at, r.boxes, r.epochs, r.by_hand,
                  r.num);
}
inline auto Fields(const TrialRecord& r) {
  const std::uint64_t objective = r.objective.has_value() ? Bits(*r.objective) : 0;
  return std::tuple(
      std::tie(r.study, r.number, r.round, r.state, r.reason, r.best_epoch, r.epochs, r.epochs_planned,
               r.parameters, r.seed, r.replicate, r.worker, r.attempt, r.lost, r.reused_from, r.started_at,
               r.finished_at, r.point, r.key, r.reused_elsewhere.study, r.reused_elsewhere.trial),
      r.objective.has_value(), objective, Bits(r.seconds));
}
inline auto Fields(const EpochRecord& r) {
  std::vector<std::tuple<model::MetricPart, model::Metric, std::uint64_t>> metrics;
  for (const MetricValue& each : r.metrics) {
    metrics.emplace_back(each.metric.part, each.metric.metric, Bits(each.value));
  }
  return std::tuple(r.epoch, Bits(r.train_loss), Bits(r.train_error), Bits(r.validation_loss),
                    Bits(r.validation_error), Bits(r.learning_rate), Bits(r.seconds), r.reported_at,
                    Bits(r.gradient_norm), Bits(r.weight_norm), Bits(r.samples_per_second), metrics);
}
inline auto Fields(const EarlierResult& r) {
  return std::tuple(std::tie(r.study, r.trial, r.point), Bits(r.objective));
}
inline auto Fields(const WorkerRecord& r) {
  return std::tie(r.name, r.instance, r.slots, r.numerics_digest, r.datasets, r.connected, r.seen_at);
}
template <class Record>
bool Same(const Record& a, const Record& b) {
  return Fields(a) == Fields(b);
}

inline StudyRecord SampleStudy(std::int64_t id, const std::string& name) {
  return {.id = id,
          .name = name,
          .spec = R"({"study":")" + name + R"(","parameters":{"rate":{"values":[1,2]},"width":8}})",
          .metric = "validation_error",
          .direction = "minimize",
          .planned_trials = 12,
          .max_trials = 137,
          .created_at = 1'764'000'000'123'456};
}
inline RoundRecord SampleRound(std::int64_t study, int number = 1) {
  return {.study = study, .number = number, .first_trial = 1 + 100 * (number - 1), .trials = 12, .opened_at = 5};
}
inline TrialRecord SampleTrial(std::int64_t study, std::int64_t number, TrialState state = TrialState::kRunning,
                               std::optional<double> objective = std::nullopt) {
  return {.study = study,
          .number = number,
          .state = state,
          .objective = objective,
          .epochs_planned = 10,
          .parameters = R"({"rate":0.01,"width":8})",
          .seed = 7,
          .worker = "w1",
          .attempt = 1,
          .started_at = 1'764'000'001'000'000};
}
inline EpochRecord SampleEpoch(std::int64_t epoch) {
  return {.epoch = epoch,
          .train_loss = 1.0 / static_cast<double>(epoch),
          .train_error = 0.3,
          .validation_loss = 0.1 + 0.2,
          .validation_error = 0.25 / static_cast<double>(epoch),
          .learning_rate = 0.01,
          .seconds = 1.5,
          .reported_at = 1'764'000'002'000'000 + epoch,
          .gradient_norm = 0.75,
          .weight_norm = 12.5,
          .samples_per_second = 250'000};
}
// With mae and r2 of both parts.
inline EpochRecord SampleEpochWithMetrics(std::int64_t epoch) {
  using model::Metric;
  using model::MetricPart;
  EpochRecord record = SampleEpoch(epoch);
  record.metrics = {{{MetricPart::kTrain, Metric::kMae}, 0.1 + 0.2},
                    {{MetricPart::kTrain, Metric::kR2}, -0.5},
                    {{MetricPart::kValidation, Metric::kMae}, 0.5 * static_cast<double>(epoch)},
                    {{MetricPart::kValidation, Metric::kR2}, std::numeric_limits<double>::quiet_NaN()}};
  return record;
}

// Random values; inside an rc::check.
inline double AnyFinite() {
  return *rc::gen::suchThat(rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                                         [](std::uint64_t bits) { return std::bit_cast<double>(bits); }),
                            [](double value) { return std::isfinite(value); });
}
// Of any bits, with the odd ones (zeros, the least, the largest, NaN) more often than chance has them.
inline double AnyMetric() {
  using Limits = std::numeric_limits<double>;
  if (*rc::gen::inRange(0, 3) > 0) return AnyFinite();
  return *rc::gen::element(0.0, -0.0, 1.0, -3.0, Limits::denorm_min(), Limits::max(), Limits::lowest(),
                           Limits::epsilon(), 9007199254740993.0, Limits::quiet_NaN());
}
inline std::string AnyText() {
  return *rc::gen::container<std::string>(
      rc::gen::element('a', 'Z', '0', ' ', '\'', '"', '\\', '\n', '%', ';', '<'));
}
template <class T, class Make>
std::optional<T> Maybe(Make make) {
  return *rc::gen::arbitrary<bool>() ? std::optional<T>(make()) : std::nullopt;
}
inline std::int64_t AnyTime() { return *rc::gen::inRange<std::int64_t>(0, INT64_MAX); }
inline std::int64_t AnyCount() { return *rc::gen::inRange<std::int64_t>(0, INT64_MAX); }
inline std::int64_t AnyNumber() { return *rc::gen::inRange<std::int64_t>(1, INT64_MAX); }

inline StudyRecord AnyStudy(std::int64_t id) {
  StudyRecord study = SampleStudy(id, "any-" + std::to_string(id));
  study.state = *rc::gen::element(StudyState::kRunning, StudyState::kPaused);
  study.reason = AnyText();
  study.data_hash = AnyText();
  study.numerics_digest = AnyText();
  study.metric = AnyText();
  study.direction = *rc::gen::element<std::string>("minimize", "maximize");
  study.planned_trials = AnyCount();
  study.max_trials = AnyCount();
  study.next_trial = AnyNumber();
  study.best_trial = Maybe<std::int64_t>(AnyNumber);
  study.stopping = *rc::gen::arbitrary<bool>();
  study.extended_from =
      Maybe<StudyState>([] { return *rc::gen::element(StudyState::kCompleted, StudyState::kStopped); });
  study.created_at = AnyTime();
  study.started_at = Maybe<Micros>(AnyTime);
  study.finished_at = Maybe<Micros>(AnyTime);
  return study;
}
inline RoundRecord AnyRound(std::int64_t study, int number) {
  return {.study = study,
          .number = number,
          .first_trial = AnyNumber(),
          .trials = AnyCount(),
          .centres = *rc::gen::container<std::vector<std::int64_t>>(rc::gen::inRange<std::int64_t>(1, INT64_MAX)),
          .opened_at = AnyTime(),
          .boxes = *rc::gen::element<std::string>("[]", R"([{"axes":{}}])", R"([{"trial":7,"axes":{}}])"),
          .epochs = Maybe<std::int64_t>([] { return *rc::gen::inRange<std::int64_t>(1, INT64_MAX); }),
          .by_hand = *rc::gen::arbitrary<bool>(),
          .num = Maybe<std::int64_t>([] { return *rc::gen::inRange<std::int64_t>(5, INT64_MAX); })};
}
inline TrialRecord AnyTrial(std::int64_t study, std::int64_t number, int rounds) {
  TrialRecord trial = SampleTrial(study, number);
  trial.round = *rc::gen::inRange(1, rounds + 1);
  trial.state = *rc::gen::element(TrialState::kQueued, TrialState::kRunning, TrialState::kPaused);
  trial.reason = AnyText();
  trial.objective = Maybe<double>(AnyFinite);
  trial.best_epoch = Maybe<std::int64_t>(AnyNumber);
  trial.epochs = *rc::gen::inRange<std::int64_t>(0, 1000);
  trial.epochs_planned = AnyCount();
  trial.seed = *rc::gen::arbitrary<std::int64_t>();
  trial.replicate = *rc::gen::arbitrary<std::int64_t>();
  trial.worker = AnyText();
  trial.attempt = AnyCount();
  trial.lost = AnyCount();
  if (number > 1)
    trial.reused_from = Maybe<std::int64_t>([&] { return *rc::gen::inRange<std::int64_t>(1, number); });
  trial.started_at = Maybe<Micros>(AnyTime);
  trial.finished_at = Maybe<Micros>(AnyTime);
  trial.seconds = AnyFinite();
  trial.point = AnyText();
  trial.key = AnyText();
  if (*rc::gen::arbitrary<bool>()) trial.reused_elsewhere = {"other", AnyNumber()};
  return trial;
}
inline EpochRecord AnyEpoch(std::int64_t epoch) {
  return {.epoch = epoch,
          .train_loss = AnyMetric(),
          .train_error = AnyMetric(),
          .validation_loss = AnyMetric(),
          .validation_error = AnyMetric(),
          .learning_rate = AnyMetric(),
          .seconds = AnyFinite(),
          .reported_at = AnyTime(),
          .gradient_norm = AnyMetric(),
          .weight_norm = AnyMetric(),
          .samples_per_second = AnyMetric(),
          .metrics = {{{model::MetricPart::kTrain, model::Metric::kAccuracy}, AnyMetric()},
                      {{model::MetricPart::kValidation, model::Metric::kTop5Error}, AnyMetric()}}};
}

}  // namespace hpsearch::study
