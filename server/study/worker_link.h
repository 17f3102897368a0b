// What the coordinator and a worker's session say to each other. rpc::WorkerSession carries it over gRPC; tests
// implement it directly. All calls, both ways, are made on the coordinator's strand and return at once.
//
// A link is shared: the coordinator holds it from Connect until Disconnect or until it has called OnClosed, which
// is the last call that it makes. A link reports no errors; one that cannot deliver disconnects.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/model/dataset.h"
#include "server/study/records.h"
#include "server/study/spec.h"

namespace hpsearch::study {

// A worker without a lease gives a sign of life at least as often. Who was silent for two and a half times as long
// is given no lease.
inline constexpr double kIdleBeatSeconds = 10;

// A data set that a worker has, or has found damaged.
struct DatasetOffer {
  std::string key;    // a name in its data path, or (embedded) a path
  std::string fault;  // not empty: file and fault; where no worker has the set whole, a new study fails with it
  std::string hash;   // of the whole content, before any selection of classes
  model::DatasetShape shape;
};

struct HeldLease {
  std::string study;
  std::int64_t trial = 0, attempt = 0;
};

struct WorkerHello {
  std::string name;      // one live process has it
  std::string instance;  // random, of that process: a new instance of a name ends the old one's leases
  std::int64_t slots = 1;
  std::string numerics_digest;
  std::vector<DatasetOffer> datasets;
  std::vector<HeldLease> held;  // on a reconnect, all that it has: in training, or ended and not acknowledged
  std::string version;          // of its hpsearch, for people
  std::string instruction_set = "native";  // that it is pinned to, in the study file's words; "native": to none
};

struct Lease {
  std::string study;
  std::int64_t trial = 0, attempt = 0;
  std::int64_t epochs = 0;
  bool may_go_on = false;          // behind those, by a later lease: what it has then is kept
  std::int64_t epochs_stored = 0;  // of an earlier attempt; they come again and must be equal
  std::string data_hash;           // of the content that the study trains on
  TrialPlan plan;
  Objective objective;                // whose epoch's weights are kept
  std::string spec_digest;            // of the study; see StudySpec
  std::int64_t keep_checkpoints = 0;  // of so many of the study's best trials
  double lease_seconds = 0;           // without a sign of life for so long it runs out
  std::string shorter_study;          // another one that trained the same for fewer epochs; empty: none is known
};

struct EpochReport {
  std::string study;
  std::int64_t trial = 0, attempt = 0;
  std::vector<EpochRecord> epochs;  // reported_at is the coordinator's to fill
};

// A process's word that it has a lease, said beside its session.
struct LeaseClaim {
  std::string worker, instance;
  std::string study;
  std::int64_t trial = 0, attempt = 0;
};

struct TrialOutcome {
  enum class Kind { kCompleted, kDiverged, kFailed, kDataFault, kReturned };  // kReturned: drained, unfinished
  std::string study;
  std::int64_t trial = 0, attempt = 0;
  Kind kind = Kind::kCompleted;
  std::string reason;
};

class WorkerLink {
 public:
  virtual ~WorkerLink() = default;
  virtual void OnLease(const Lease& lease) = 0;
  // Every epoch of the attempt up to this one is stored.
  virtual void OnEpochsStored(const std::string& study, std::int64_t trial, std::int64_t attempt,
                              std::int64_t epoch) = 0;
  virtual void OnOutcomeStored(const std::string& study, std::int64_t trial, std::int64_t attempt) = 0;
  // The lease is no longer the worker's (expired, cancelled, stale): stop at the next step, report nothing.
  virtual void OnRevoked(const std::string& study, std::int64_t trial, std::int64_t attempt,
                         const std::string& reason) = 0;
  // The worker has said drain: every lease that was granted before stands before this, and none follows.
  virtual void OnDrained() = 0;
  // The session is over (another instance took the name; the store failed); nothing follows.
  virtual void OnClosed(absl::Status why) = 0;
};

}  // namespace hpsearch::study
