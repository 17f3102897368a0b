// The coordinator: the only one that changes studies, trials and leases. It decides in memory, hands the changes
// to the store, and lets nothing be seen (an answer, a lease, an acknowledgement, an event) before they are
// durable. Where a commit fails, what was decided since is discarded and the studies are read again.
//
// Threads: one strand; every method is called on it, every callback is made on it. No I/O of its own but through
// the store port. Ownership: borrows store, clock and background; shares worker links until they disconnect.
// Errors: INVALID_ARGUMENT (bad spec), NOT_FOUND (no such study), ALREADY_EXISTS (the name with another spec),
// FAILED_PRECONDITION (ended study, stale lease, a study that this version cannot read), UNAVAILABLE (store
// failed; retry), INTERNAL.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/study/background.h"
#include "server/study/event.h"
#include "server/study/named_point.h"
#include "server/study/records.h"
#include "server/study/request_answer.h"
#include "server/study/spec.h"
#include "server/study/store.h"
#include "server/study/strand.h"
#include "server/study/worker_link.h"

namespace hpsearch::study {

enum class Action { kPause, kResume, kStop, kCancel };

// More epochs for trials of a study that has ended.
struct Extension {
  std::optional<std::int64_t> trial;  // that one alone
  std::optional<std::int64_t> best;   // the best so many; neither: all that have an objective
  std::int64_t epochs = 0;            // in all
};

// One more round for a study that has ended.
struct Refining {
  std::vector<std::int64_t> around = {};  // these trials; none: the best, unless `at` says where
  NamedValues at = {};                    // a point of the user's
  std::optional<std::int64_t> num = {};   // points an axis; unset: as the study says
};

struct WorkerView {
  WorkerHello hello;
  std::int64_t leases = 0;
  bool connected = false;
  bool draining = false;
  Micros seen_at = 0;
};

class Coordinator {
 public:
  using SessionId = std::int64_t;
  template <class T>
  using Reply = std::function<void(absl::StatusOr<T>)>;

  Coordinator(Store& store, const Clock& clock, Background& background, Listener listener);
  ~Coordinator();

  // Reads the open studies; leases in them get one more term. A study that this version refuses is left out, as it
  // is. Before anything else.
  absl::Status Recover();

  // Clients. Answers with the study as the request left it. Repeating a request_id returns the first answer; the
  // same spec under the same name returns the study that is there.
  void CreateStudy(const std::string& request_id, std::shared_ptr<const StudySpec> spec, Reply<StudyAnswer> reply);
  void ChangeState(const std::string& request_id, const std::string& study, Action action,
                   Reply<StudyAnswer> reply);
  // From COMPLETED or STOPPED, and back to it once the chosen trials have so many epochs; they go on to the bits
  // that never stopping would have given. A trial that has a curve taken over is not chosen. FAILED_PRECONDITION:
  // no trial to choose, or a schedule that has ended before.
  void ExtendStudy(const std::string& request_id, const std::string& study, const Extension& extension,
                   Reply<StudyAnswer> reply);
  // From COMPLETED or STOPPED to RUNNING, and COMPLETED once the round is over. FAILED_PRECONDITION also: no trial
  // to refine around, no axis to refine, more trials than limits.max_trials, or places finer than is exact.
  void RefineStudy(const std::string& request_id, const std::string& study, const Refining& refining,
                   Reply<StudyAnswer> reply);
  std::vector<WorkerView> Workers() const;
  // OK, or why nothing can be stored now: nothing is decided then, no study leases anything, and commands and
  // hellos are UNAVAILABLE. It ends by itself, within a second or so of the store's mending. The Listener is told
  // of each open study at both ends of that.
  const absl::Status& Health() const;

  // Workers.
  absl::StatusOr<SessionId> Connect(std::shared_ptr<WorkerLink> link, WorkerHello hello);
  void Ready(SessionId session, std::int64_t slots);  // so many more leases are wanted
  void Report(SessionId session, EpochReport report);
  void Finish(SessionId session, const TrialOutcome& outcome);
  void Heartbeat(SessionId session);   // extends all leases of the session
  void Drain(SessionId session);       // no new leases; answered with OnDrained
  void Disconnect(SessionId session);  // the leases live on until they expire

  // Of checkpoints, which travel beside the sessions. FAILED_PRECONDITION: the lease is not the trial's newest, or
  // not that process's.
  absl::Status CheckClaim(const LeaseClaim& claim) const;
  // Whether a worker could have use for a checkpoint of the trial; also where that is not known.
  bool MayGoOn(const std::string& study, std::int64_t trial) const;

  // Expires leases and limits; to be called about twice a second. After a longer pause, in which no worker could
  // be heard, leases get one more term.
  void Tick();

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::study
