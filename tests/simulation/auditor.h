// Sees all that the coordinator decides, makes durable and tells, and holds one against the other: nothing is told
// before it is durable or of an attempt that was not, stale words change nothing, a repeated request has its first
// answer, a lease runs out when its worker has been silent for its term and not before.
//
// Threads: the world's. Ownership: the world's; borrows nature. Errors: Broken.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "server/study/event.h"
#include "server/study/request_answer.h"
#include "server/study/worker_link.h"
#include "tests/simulation/book.h"
#include "tests/simulation/nature.h"

namespace hpsearch::simulation {

class Auditor {
 public:
  using Attempt = std::tuple<std::string, std::int64_t, std::int64_t>;  // study, trial, attempt

  Auditor(const Nature& nature, const std::vector<StudyPlan>& plans);

  const Book& durable() const { return durable_; }
  const Book& decided() const { return decided_; }

  // Of the store.
  void Decided(const study::Batch& batch);    // handed over to be committed
  void Committed(const study::Batch& batch);  // durable now
  void Dropped();                             // what was not durable will never be
  void Loaded();                              // the coordinator has read its memory anew

  // Of the server's process.
  void Heard(const std::string& worker);
  void Ticking();  // about to tick, and well; the other one where it still is
  void Ticked();

  // Of what workers say. Between these two the coordinator hears of the attempt.
  void Hearing(const std::string& worker, const Attempt& attempt, std::int64_t epoch, bool completed);
  void HasHeard() { stale_.reset(); }

  // Of what the coordinator tells.
  void Leased(const study::WorkerHello& worker, const study::Lease& lease);
  void EpochsStored(const std::string& worker, const Attempt& attempt, std::int64_t epoch);
  void OutcomeStored(const std::string& worker, const Attempt& attempt);
  void Revoked(const std::string& worker, const Attempt& attempt);
  void Answered(const std::string& request_id, const std::string& verb,
                const absl::StatusOr<study::StudyAnswer>& answer);
  void Told(const study::Event& event);

 private:
  using TrialKey = std::pair<std::int64_t, std::int64_t>;
  // The attempt was the worker's, and that is durable.
  const TrialEntry& Durable(const std::string& worker, const Attempt& attempt, std::string_view what) const;
  Micros TermOf(const StudyEntry& study) const;
  // Since when the lease of that row has been without a sign of life.
  Micros SilentSince(const StudyEntry& study, const TrialEntry& trial) const;
  void CheckLost(const study::TrialRecord& row);

  const Nature& nature_;
  Book decided_, durable_;
  std::optional<std::pair<std::string, std::int64_t>> stale_;  // the trial that a stale word is about
  std::map<Attempt, std::int64_t> reported_;  // the last epoch that the attempt told of while it had the lease
  std::set<Attempt> completed_;               // told so while they had the lease
  std::set<Attempt> delivered_;
  std::map<std::string, std::string> answers_;

  std::map<std::string, Micros> heard_;  // by worker
  struct Term {
    std::int64_t attempt = 0;
    Micros begun = 0;
  };
  std::map<TrialKey, Term> terms_;           // of leases that were delivered, or read by the coordinator
  std::map<std::int64_t, Micros> listened_;  // by study: when its leases got a term since we had not listened
  Micros ticked_at_ = 0;
  bool loaded_ = false;  // its memory is what is stored
};

}  // namespace hpsearch::simulation
