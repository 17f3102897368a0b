// Leases: which worker has which trial, by which attempt, and until when. A lease that is bound to its worker's
// session runs on with every sign of life of that session; one that is not bound (the worker has gone, or came
// back without it) runs out one term after it was last renewed.
//
// Memory alone: the rows RUNNING in the store are what leases are made of again after a restart. Threads: the
// coordinator's strand. Times are the monotonic clock's.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "server/study/records.h"

namespace hpsearch::study {

struct LeaseKey {
  std::int64_t study = 0, trial = 0;
  auto operator<=>(const LeaseKey&) const = default;
};

struct ActiveLease {
  LeaseKey key;
  std::int64_t attempt = 0;
  std::string worker;
  Micros term = 0;  // how long a silence may last
  Micros granted = 0;
  Micros renewed = 0;  // granted, or the last sign of life before it was unbound
  bool bound = false;
  bool delivered = true;  // false: being stored; its term has not begun
};

class LeaseTable {
 public:
  // Requires: the trial has no lease.
  void Grant(ActiveLease lease);
  // nullptr: the trial is not leased.
  const ActiveLease* Find(const LeaseKey& key) const;
  void End(const LeaseKey& key);

  // Its term begins now. Nothing where the trial's lease is another by now.
  void Delivered(const LeaseKey& key, std::int64_t attempt, Micros now);

  // The lease of `key` runs on with its worker's signs of life.
  void Bind(const LeaseKey& key);
  // No lease of the worker does so any more; each has a term from the last sign of life.
  void Unbind(const std::string& worker);
  // A sign of life: extends all bound leases of the worker, in one step.
  void Touch(const std::string& worker, Micros now);

  // It was we who did not listen for so long (the process or its machine stood still): leases to whose term that
  // makes a difference have one from now, whoever has them.
  void RenewAfter(Micros deaf, Micros now);

  std::vector<LeaseKey> OfWorker(const std::string& worker) const;
  std::vector<LeaseKey> OfStudy(std::int64_t study) const;
  std::int64_t CountOfWorker(const std::string& worker) const;
  // Those that have run out, in order.
  std::vector<LeaseKey> Expired(Micros now) const;

 private:
  struct Holder {
    Micros seen = 0;
    std::set<LeaseKey> leases;
  };
  Micros Deadline(const ActiveLease& lease) const;

  std::map<LeaseKey, ActiveLease> leases_;
  std::map<std::string, Holder> holders_;  // of at least one lease
};

}  // namespace hpsearch::study
