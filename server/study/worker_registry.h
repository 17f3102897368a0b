// The workers that are known by name, and the sessions of those that are connected. A name has at most one
// session; a session's credits say how many more leases its worker wants.
//
// Threads: the coordinator's strand. Pointers are good until the next call that connects, closes or forgets.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/study/records.h"
#include "server/study/worker_link.h"

namespace hpsearch::study {

using WorkerSessionId = std::int64_t;  // from 1, never used again

struct KnownWorker {
  WorkerHello hello;
  std::shared_ptr<WorkerLink> link;  // null: not connected
  WorkerSessionId session = 0;       // 0: not connected
  std::int64_t credits = 0;
  bool draining = false;
  Micros heard = 0;      // the last sign of life, on the monotonic clock
  Micros seen_at = 0;    // the same, for people
  bool overdue = false;  // a lease of its ran out since
};

// INVALID_ARGUMENT: a name that is empty, too long or not printable ASCII, or slots outside 1 to 1,024.
absl::Status CheckHello(const WorkerHello& hello);

class WorkerRegistry {
 public:
  // A worker of an earlier life of the coordinator, not connected.
  void Remember(const WorkerRecord& record);
  // Opens a session in place of the one that the name has, if any.
  KnownWorker& Connect(std::shared_ptr<WorkerLink> link, WorkerHello hello);
  // The worker of that session stays known by its name.
  void Close(WorkerSessionId session);
  // Ends all sessions and forgets all workers; the links of those sessions.
  std::vector<std::shared_ptr<WorkerLink>> CloseAll();
  void Forget(const std::string& name);

  KnownWorker* OfSession(WorkerSessionId session);
  KnownWorker* Named(const std::string& name);
  const std::map<std::string, KnownWorker>& all() const { return workers_; }
  // Those that are connected and take new leases: a study may hope for them.
  std::vector<const WorkerHello*> Serving() const;
  // The sessions with credits, the oldest first.
  std::vector<WorkerSessionId> WithCredits() const;

 private:
  std::map<std::string, KnownWorker> workers_;
  std::map<WorkerSessionId, std::string> sessions_;
  WorkerSessionId last_session_ = 0;
};

// What is stored of a worker.
WorkerRecord RecordOf(const KnownWorker& worker);

}  // namespace hpsearch::study
