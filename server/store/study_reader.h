// Reads of a study database for people and programs: the CLI, the dashboard, the RPCs. Through the public views
// and through a read-only connection of its own, so that it works while a coordinator writes and when none runs.
//
// Threads: one reader, one thread at a time; open one per thread (it is cheap). A method reads one snapshot.
// Errors: NOT_FOUND (no file, no such study or trial), FAILED_PRECONDITION (not a hpsearch database, damaged, or
// of an older or a newer version), PERMISSION_DENIED (the folder may not be written), UNAVAILABLE (busy; or the
// file was removed or replaced: a new reader finds what is there), INTERNAL (SQLite's own words).
#pragma once

#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace hpsearch::store {

enum class Detail { kWhole, kWithoutSpec };

// What a study with search.warm_start began with, of one earlier study.
struct LearntRow {
  std::string study;
  std::int64_t results = 0;
};

// A point that is trained several times (training.replicates), as its replicates' results say together.
struct PointRow {
  std::int64_t results = 0;  // that the mean is of: FAILED replicates are left out
  double mean = 0;
  std::optional<double> standard_deviation, standard_error;  // of one replicate, and of the mean; null: one result
  // The next best point, where the difference of the means is within two of its standard errors.
  struct Rival {
    std::int64_t trial = 0;  // that stands for it
    double mean = 0;
    std::optional<double> standard_error;
  };
  std::optional<Rival> rival;
};

struct StudyRow {
  std::string study, state, metric, direction, reason;
  std::string spec;        // canonical JSON; empty where it was not asked for
  std::string created_at;  // RFC 3339, UTC
  std::optional<std::string> started_at, finished_at;
  double seconds = 0;               // from the start to the end, or to now
  std::int64_t rounds = 0;          // opened so far
  std::int64_t planned_trials = 0;  // of those rounds
  std::int64_t max_trials = 0;      // the most that all rounds can take
  std::int64_t stored_epochs = 0;
  std::string numerics_digest, data_hash;
  std::vector<std::pair<std::string, std::int64_t>>
      trial_counts;  // by state; grid points without a row are QUEUED
  std::optional<std::int64_t> best_trial;
  std::optional<PointRow> best_point;  // that the best trial stands for; nullopt also: a point is one trial
  std::vector<LearntRow> learnt;       // in the order of search.warm_start; empty where the spec was not asked for
};

struct TrialRow {
  std::string study;
  std::int64_t trial = 0, round = 1;
  std::string state, reason;
  std::optional<double> objective;
  std::optional<std::int64_t> best_epoch;
  std::int64_t epochs = 0, epochs_planned = 0;
  std::string parameters;  // JSON object
  std::int64_t seed = 0, replicate = 0;
  std::string worker;
  std::int64_t attempt = 0;
  std::optional<std::string> started_at, finished_at;
  double seconds = 0;
  std::optional<std::string> reused_from;  // "STUDY/TRIAL"

  // It has that trial's whole curve. Not so one that was leased all the same: it went on from there.
  bool is_copy() const { return reused_from && attempt == 0; }
};

// A round that was opened, and what came of its trials so far.
struct RoundRow {
  std::int64_t round = 1, first_trial = 1, trials = 0;
  std::int64_t trained = 0;            // have a result of their own
  std::int64_t reused = 0;             // took over another trial's curve
  std::int64_t extended = 0;           // of those: went on from it for longer
  std::optional<std::int64_t> epochs;  // a trial; nullopt: the study's training.epochs
  bool by_hand = false;                // `refine STUDY` opened it
  std::optional<std::int64_t> num;     // of places an axis, where that round asked for another number
  std::string opened_at;
  std::optional<std::int64_t> best_trial;
  std::optional<double> best_objective;
  // What it covers: a JSON array of boxes, {"trial", "objective", "centre": {...}, "axes": {"learning_rate":
  // {"low", "high", "num"}}}. Round 1 has one box without a centre, a point of the user's own no trial; empty in
  // rows that were written before boxes were.
  std::string boxes;
};

struct EpochRow {
  std::int64_t trial = 0, epoch = 0;
  // null: not finite, or an error in a regression
  std::optional<double> train_loss, train_error, validation_loss, validation_error;
  double learning_rate = 0, seconds = 0;
  std::string reported_at;
  std::optional<double> gradient_norm, weight_norm, samples_per_second;  // null also: not told
  std::vector<std::pair<std::string, std::optional<double>>> metrics;  // of training.metrics: "train_mae", by name
};

// What a row has under a metric's name, "train_loss" or "validation_mae"; nullopt: it has none, or it is null.
std::optional<double> ValueOf(const EpochRow& row, std::string_view metric);

struct WorkerRow {
  std::string name;
  std::int64_t slots = 1;
  std::string numerics_digest, datasets;
  bool connected = false;
  std::int64_t leases = 0;  // trials RUNNING under its name
  std::string seen_at;
};

struct TrialQuery {
  std::string study;
  std::optional<std::string> state;
  // trial | objective | round | state | epochs | seconds | started_at | finished_at, a parameter's name, or a
  // metric's, train_ or validation_ before it: as it was at the trial's best epoch; nulls last.
  std::string sort = "trial";
  bool descending = false;
  std::int64_t limit = 100;
  std::int64_t offset = 0;
  // The rows end early, with the one whose parameters and reason lead past this.
  std::size_t most_bytes = std::numeric_limits<std::size_t>::max();
};

class StudyReader {
 public:
  // The file is never created nor changed.
  static absl::StatusOr<std::unique_ptr<StudyReader>> Open(const std::string& path);
  ~StudyReader();

  // Without their specs, the newest first; those behind the study `after`, or from the newest where that is empty.
  // NOT_FOUND: there is no study `after`.
  absl::StatusOr<std::vector<StudyRow>> Studies(const std::string& after = "",
                                                std::int64_t limit = std::numeric_limits<std::int64_t>::max());
  absl::StatusOr<StudyRow> Study(const std::string& study, Detail detail = Detail::kWhole);
  // INVALID_ARGUMENT: an unknown sort key or state.
  absl::StatusOr<std::vector<TrialRow>> Trials(const TrialQuery& query);
  absl::StatusOr<TrialRow> Trial(const std::string& study, std::int64_t trial);
  // NOT_FOUND while no trial has an objective.
  absl::StatusOr<TrialRow> BestTrial(const std::string& study);
  // Those behind round `after`, in their order, `limit` at most; they end early, with the one whose boxes lead
  // past `most_bytes`.
  absl::StatusOr<std::vector<RoundRow>> Rounds(const std::string& study, std::int64_t after = 0,
                                               std::int64_t limit = std::numeric_limits<std::int64_t>::max(),
                                               std::size_t most_bytes = std::numeric_limits<std::size_t>::max());
  // At most `limit` epochs behind epoch `after`.
  absl::StatusOr<std::vector<EpochRow>> Curve(const std::string& study, std::int64_t trial, std::int64_t after = 0,
                                              std::int64_t limit = std::numeric_limits<std::int64_t>::max());
  // The epochs of trials [first, first + count), by trial and epoch.
  absl::StatusOr<std::vector<EpochRow>> Curves(const std::string& study, std::int64_t first, std::int64_t count);
  absl::StatusOr<std::vector<WorkerRow>> Workers();
  // Changes whenever another connection has committed: what a follower polls.
  absl::StatusOr<std::int64_t> DataVersion();

 private:
  class Impl;
  explicit StudyReader(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::store
