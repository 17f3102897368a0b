#include "server/study/lease.h"

#include <algorithm>
#include <utility>

namespace hpsearch::study {

void LeaseTable::Grant(ActiveLease lease) {
  holders_[lease.worker].leases.insert(lease.key);
  const LeaseKey key = lease.key;
  leases_.emplace(key, std::move(lease));
}

const ActiveLease* LeaseTable::Find(const LeaseKey& key) const {
  const auto it = leases_.find(key);
  return it == leases_.end() ? nullptr : &it->second;
}

void LeaseTable::End(const LeaseKey& key) {
  const auto it = leases_.find(key);
  if (it == leases_.end()) return;
  const auto holder = holders_.find(it->second.worker);
  holder->second.leases.erase(key);
  if (holder->second.leases.empty()) holders_.erase(holder);
  leases_.erase(it);
}

void LeaseTable::Bind(const LeaseKey& key) {
  const auto it = leases_.find(key);
  if (it != leases_.end()) it->second.bound = true;
}

void LeaseTable::Unbind(const std::string& worker) {
  const auto holder = holders_.find(worker);
  if (holder == holders_.end()) return;
  for (const LeaseKey& key : holder->second.leases) {
    ActiveLease& lease = leases_.at(key);
    if (lease.bound) lease.renewed = std::max(lease.renewed, holder->second.seen);
    lease.bound = false;
  }
}

void LeaseTable::Touch(const std::string& worker, Micros now) {
  const auto holder = holders_.find(worker);
  if (holder != holders_.end()) holder->second.seen = now;
}

void LeaseTable::Delivered(const LeaseKey& key, std::int64_t attempt, Micros now) {
  const auto it = leases_.find(key);
  if (it == leases_.end() || it->second.attempt != attempt) return;
  it->second.delivered = true;
  it->second.renewed = std::max(it->second.renewed, now);
}

void LeaseTable::RenewAfter(Micros deaf, Micros now) {
  for (auto& [key, lease] : leases_) {
    if (deaf > lease.term / 2) lease.renewed = std::max(lease.renewed, now);
  }
}

std::vector<LeaseKey> LeaseTable::OfWorker(const std::string& worker) const {
  const auto holder = holders_.find(worker);
  if (holder == holders_.end()) return {};
  return {holder->second.leases.begin(), holder->second.leases.end()};
}

std::vector<LeaseKey> LeaseTable::OfStudy(std::int64_t study) const {
  std::vector<LeaseKey> keys;
  for (auto it = leases_.lower_bound(LeaseKey{study, 0}); it != leases_.end() && it->first.study == study; ++it) {
    keys.push_back(it->first);
  }
  return keys;
}

std::int64_t LeaseTable::CountOfWorker(const std::string& worker) const {
  const auto holder = holders_.find(worker);
  return holder == holders_.end() ? 0 : static_cast<std::int64_t>(holder->second.leases.size());
}

std::vector<LeaseKey> LeaseTable::Expired(Micros now) const {
  std::vector<LeaseKey> keys;
  for (const auto& [key, lease] : leases_) {
    if (lease.delivered && Deadline(lease) <= now) keys.push_back(key);
  }
  return keys;
}

Micros LeaseTable::Deadline(const ActiveLease& lease) const {
  const Micros alive = lease.bound ? std::max(lease.renewed, holders_.at(lease.worker).seen) : lease.renewed;
  return alive + lease.term;
}

}  // namespace hpsearch::study
