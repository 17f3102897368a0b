// What is remembered of studies, rounds, trials and epochs: the rows that the coordinator writes through the
// store port and gets back at a restart. Plain values. Times are microseconds since 1970 in UTC.
#pragma once

#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "server/model/metric.h"

namespace hpsearch::study {

enum class StudyState { kRunning, kPaused, kCompleted, kStopped, kCancelled, kFailed };
enum class TrialState { kQueued, kRunning, kPaused, kCompleted, kEarlyStopped, kDiverged, kFailed, kCancelled };

std::string_view ToString(StudyState state);  // "RUNNING"
std::string_view ToString(TrialState state);
std::optional<StudyState> StudyStateFrom(std::string_view text);
std::optional<TrialState> TrialStateFrom(std::string_view text);
// No further change but by refine, extend or delete.
bool IsFinal(StudyState state);
bool IsFinal(TrialState state);
// What came of it is a result: it ended by itself, or by a stopping rule.
bool WasTrained(TrialState state);

using Micros = std::int64_t;

struct StudyRecord {
  std::int64_t id = 0;  // given by the coordinator, from 1, never used again
  std::string name;
  std::string spec;  // canonical JSON
  StudyState state = StudyState::kRunning;
  std::string reason;               // of a failure, a pause, or what a study waits for; else empty
  std::string data_hash;            // of the first lease; empty before it
  std::string numerics_digest;      // of the first lease; empty before it
  std::string metric;               // of the objective, and its direction: columns for readers
  std::string direction;            // "minimize" | "maximize"
  std::int64_t planned_trials = 0;  // of all rounds opened so far
  std::int64_t max_trials = 0;      // the most that all rounds can take (study::MostTrials), filled by the
                                    // coordinator at the creation: readers of the file know no search
  std::int64_t next_trial = 1;      // the lowest number that was never leased nor taken over
  std::optional<std::int64_t> best_trial;
  bool stopping =
      false;  // stop was asked for: nothing new is leased, and with the last lease the study is STOPPED
  // Of a study that had ended and trains some of its trials for longer: the state that it had, and ends in again.
  // Nothing new is leased, no round opens.
  std::optional<StudyState> extended_from;
  Micros created_at = 0;
  std::optional<Micros> started_at, finished_at;
};

struct RoundRecord {
  std::int64_t study = 0;
  int number = 1;
  std::int64_t first_trial = 1;
  std::int64_t trials = 0;
  std::vector<std::int64_t> centres;  // trial numbers, best first; none in round 1
  Micros opened_at = 0;
  std::string boxes = "[]";            // JSON: round_boxes.h
  std::optional<std::int64_t> epochs;  // of its trials; unset: what training.epochs says
  bool by_hand = false;                // asked for by a user, behind the study's end
  std::optional<std::int64_t> num;     // of one by hand: points an axis, where that is not what the study says
};

struct TrialRecord {
  std::int64_t study = 0;
  std::int64_t number = 0;  // from 1 within the study
  int round = 1;
  TrialState state = TrialState::kQueued;
  std::string reason;
  std::optional<double> objective;         // null while none, and of a DIVERGED or FAILED trial
  std::optional<std::int64_t> best_epoch;  // where the objective was taken
  std::int64_t epochs = 0;                 // reported and stored
  std::int64_t epochs_planned = 0;
  std::string parameters;  // JSON object, in the file's order
  std::int64_t seed = 0;
  std::int64_t replicate = 0;
  std::string worker;        // of the last lease; empty for one that was taken over
  std::int64_t attempt = 0;  // counts leases from 1; the fencing token
  std::int64_t lost = 0;  // leases that ran out or failed (not: returned by a drained worker); limits.max_attempts
  std::optional<std::int64_t> reused_from;  // a trial of the same study
  std::optional<Micros> started_at, finished_at;
  double seconds = 0;  // of training, over its epochs
  std::string key;     // of what it trains: trial_key.h; empty before anything is trained for it
  // Whose curve it has, where that is a trial of another study; `trial` 0: it is not.
  struct Elsewhere {
    std::string study;
    std::int64_t trial = 0;
    bool operator==(const Elsewhere&) const = default;
  } reused_elsewhere;
  std::string point;  // of a strategy that learns: search/point_text.h; else empty, and its number says it
};

// A result of an earlier study, as a study that began with it keeps it: whatever becomes of the earlier one.
struct EarlierResult {
  std::string study;       // its name
  std::int64_t trial = 1;  // of it; of several replicates the one that stands for its point
  std::string point;       // in the space of the study that learns: search/point_text.h
  double objective = 0;    // of several replicates their mean
};

// It has the whole curve of an earlier trial of its study. Not so one that was leased all the same: it went on
// from there, and has a curve of its own.
bool IsCopy(const TrialRecord& trial);

inline constexpr double kNotTold = std::numeric_limits<double>::quiet_NaN();

struct MetricValue {
  model::PartMetric metric;
  double value = 0;  // NaN: not finite
};

// In a regression the errors are NaN.
struct EpochRecord {
  std::int64_t epoch = 0;                                                             // from 1
  double train_loss = 0, train_error = 0, validation_loss = 0, validation_error = 0;  // NaN: not finite
  double learning_rate = 0;                                                           // of the last step
  double seconds = 0;                                                                 // wall clock of this epoch
  Micros reported_at = 0;
  // NaN also: not told, by a worker or in a row of an earlier version.
  double gradient_norm = kNotTold;       // of the last step's gradients
  double weight_norm = kNotTold;         // of the weights behind the epoch
  double samples_per_second = kNotTold;  // of training alone
  std::vector<MetricValue> metrics;      // of the study's `training.metrics`: by part, then by metric
};

// Whether two reports of an epoch agree in what training determines; how long it took, how fast it was and when it
// came are no part of it. What is not finite is one and the same, and zeros of both signs are: a database keeps
// neither apart. A norm that one of them does not tell makes no difference.
bool SameResult(const EpochRecord& a, const EpochRecord& b);

struct WorkerRecord {
  std::string name;
  std::string instance;  // random, of one process
  std::int64_t slots = 1;
  std::string numerics_digest;
  std::string datasets;  // names, comma-separated, for people
  bool connected = false;
  Micros seen_at = 0;
};

}  // namespace hpsearch::study
