// A trial of a study, trained or looked at in this process rather than by a worker: the lease that the coordinator
// gave for it, made again from what is stored, and the data it wants, from this machine's data path.
//
// Threads: Open on any; what trains runs on a thread of its own, with the OpenMP settings of a slot. Errors:
// NOT_FOUND (no such study, trial, epoch or data set), FAILED_PRECONDITION (the data here are others than the
// study's; this machine's arithmetic is another), CANCELLED, and what a trainer says.
#pragma once

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/cli/study_source.h"
#include "hpsearch/v1/worker_service.pb.h"
#include "server/model/dataset.h"
#include "server/model/metric.h"
#include "worker/train/trainer.h"

namespace hpsearch::cli {

struct LocalTrial {
  store::StudyRow study;
  store::TrialRow trial;
  std::vector<store::EpochRow> curve;
  model::DatasetSpec dataset;
  v1::Lease lease;  // of the epochs that are stored
};

// `ref` is STUDY/TRIAL or STUDY/best.
absl::StatusOr<LocalTrial> OpenLocalTrial(StudySource& source, const std::string& ref);

// Whether this machine trains the same bits as the study's workers did; else FAILED_PRECONDITION says so.
absl::Status CheckNumerics(const LocalTrial& local);

// Makes the trial's trainer and hands it to `use`, on a thread of its own; what `use` returns is returned.
absl::Status WithTrainer(const LocalTrial& local, const std::function<absl::Status(train::Trainer&)>& use);

// Where a worker that was told nothing else keeps its checkpoints: XDG_STATE_HOME, else ~/.local/state, and
// hpsearch/checkpoints in it; empty where there is no home. Those of `run` lie beside its database.
std::string CheckpointsOfWorkers();
std::string CheckpointsBeside(const std::string& database);

// Brings the trainer behind that epoch: from a checkpoint in `folder` where there is one of just that epoch, else
// by training, which must come to the stored curve (DATA_LOSS else; FAILED_PRECONDITION: this machine's numerics
// are others). `progress` is told each epoch that is trained.
absl::Status BringTo(const LocalTrial& local, std::int64_t epoch, const std::string& folder,
                     const std::atomic<bool>& cancelled, const std::function<void(std::int64_t)>& progress,
                     train::Trainer& trainer);

// Where an epoch differs from the one stored; empty: in no bit of what training determines.
// `metrics`: the training's.
std::string DifferenceOf(const train::EpochResult& trained, const std::vector<model::Metric>& metrics,
                         const store::EpochRow& stored);

}  // namespace hpsearch::cli
