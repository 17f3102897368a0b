// A study's specification: one document, checked as a whole, with its typed parts. Made by study_file from YAML,
// by rpc from a CreateStudy request, by the coordinator from the stored canonical JSON: all through ReadSpec, so
// that a study means the same thing everywhere. Immutable; may be read from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/dataset.h"
#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/metric.h"
#include "server/search/round.h"
#include "server/search/search_space.h"
#include "server/stopping/section.h"
#include "server/study/dataset_shapes.h"

namespace hpsearch::study {

struct Objective {
  enum class Direction { kMinimize, kMaximize };
  enum class At { kBest, kLast };
  // train_|validation_ and loss, error, or a name of the study's `training.metrics`. The default of a regression,
  // which has no error, is validation_loss.
  std::string metric = "validation_error";
  Direction direction = Direction::kMinimize;
  At at = At::kBest;
};

// limits: of the contract, with its defaults.
struct Limits {
  std::int64_t max_trials = 1'000'000;
  std::int64_t max_failed_trials = 3;
  std::int64_t max_attempts = 3;
  std::optional<std::int64_t> max_parallel_trials;
  std::optional<double> max_seconds;
  double lease_seconds = 10;
};

// checkpoints: of the contract.
struct Checkpoints {
  std::int64_t keep = 5;  // the best trials that keep the weights of their best and last epochs
};

struct StudySpec {
  std::string name;  // [a-z0-9][a-z0-9-]{0,62}
  std::int64_t seed = 0;
  Objective objective;
  Limits limits;
  Checkpoints checkpoints;
  double weight = 1;                   // among studies: see fair_shares.h
  std::int64_t priority = 0;           // the highest first
  bool reuse = true;                   // of curves that other studies have trained
  std::vector<model::Metric> metrics;  // `training.metrics`, of all trials; in the enumeration's order
  search::Search search;
  search::SearchSpace space;
  stopping::Section stopping;
  std::vector<std::string> datasets;  // by name or path, that its trials may train on: see dataset_keys.h
  model::Node document;               // canonical: every default written out, keys in the contract's order
  std::string canonical;              // ToJson(document): equal text, equal study
  std::string digest;                 // xxh3-64 of it, 16 hexadecimal digits: tells studies of one name apart

  std::int64_t replicates() const { return search.replicates; }  // trials of each point
};

// What one trial trains: the document's sections with the point's values in place of the references.
struct TrialPlan {
  model::Node model, training, dataset;
  std::int64_t seed = 0;
  std::int64_t replicate = 0;
};

// Reads and checks a whole document; all faults go to `faults`, and the result is null where there are any.
// `lookup` says what is known here of each data set that the study may train on, and may be empty; the last layer
// is checked against its classes.
std::shared_ptr<const StudySpec> ReadSpec(const model::Node& document, const ShapeLookup& lookup,
                                          model::Faults& faults);
// The same from stored or received canonical JSON; INVALID_ARGUMENT names every fault, a line each.
absl::StatusOr<std::shared_ptr<const StudySpec>> ReadSpec(const std::string& json);

// Whether a stored specification, perhaps canonical for an older version, means the same as this one.
bool SameMeaning(const std::string& stored, const StudySpec& spec);

// The most trials that all rounds together can take; limits.max_trials bounds it.
std::int64_t MostTrials(const StudySpec& spec);

// Whether its trials, their points and epochs, are the same for any number of workers. A race that is on while a
// strategy learns shows it what has come in until then.
bool SameForAnyWorkers(const StudySpec& spec);

// The faults that only the shape of one of its data sets brings to light, in the trials that have that one; empty:
// they can run on it.
model::Faults CheckAgainst(const StudySpec& spec, const std::string& dataset, const model::DatasetShape& shape);

// Of replicate 0, here and below.
TrialPlan PlanOf(const StudySpec& spec, const search::Point& point);
// Which of spec.datasets it is; empty: its section says none.
std::string DatasetOf(const TrialPlan& plan);
// The same of a point as its trial's row has it: a JSON object of the values by name. INVALID_ARGUMENT: it is
// none.
absl::StatusOr<TrialPlan> PlanOf(const StudySpec& spec, const std::string& parameters);
// Whether a data set is wanted by a path, which only this machine knows.
bool WantsPath(const StudySpec& spec);
// training.instruction_set, which depends on no parameter: "native", "avx2" or "avx512".
std::string InstructionSetOf(const StudySpec& spec);
// training.precision is bf16, or a parameter that may be.
bool MayWantBf16(const StudySpec& spec);
// training.threads; nullopt: it depends on a parameter.
std::optional<std::int64_t> ThreadsOf(const StudySpec& spec);
std::int64_t EpochsOf(const StudySpec& spec, const search::Point& point);
// What `refine.epochs` gives to the trials of a round, whatever their point; nullopt: EpochsOf.
std::optional<std::int64_t> EpochsOfRound(const StudySpec& spec, int round);

}  // namespace hpsearch::study
