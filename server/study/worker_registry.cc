#include "server/study/worker_registry.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"

namespace hpsearch::study {
namespace {

constexpr std::size_t kLongestName = 128;
constexpr std::int64_t kMostSlots = 1024;

bool IsPrintable(char c) { return c >= ' ' && c <= '~'; }

}  // namespace

absl::Status CheckHello(const WorkerHello& hello) {
  if (hello.name.empty() || hello.name.size() > kLongestName ||
      !std::all_of(hello.name.begin(), hello.name.end(), IsPrintable)) {
    return absl::InvalidArgumentError(
        fmt::format("hello.name: 1 to {} printable ASCII characters are wanted", kLongestName));
  }
  if (hello.slots < 1 || hello.slots > kMostSlots) {
    return absl::InvalidArgumentError(fmt::format("hello.slots: {} is not in 1 to {}", hello.slots, kMostSlots));
  }
  return absl::OkStatus();
}

void WorkerRegistry::Remember(const WorkerRecord& record) {
  KnownWorker& worker = workers_[record.name];
  worker.hello.name = record.name;
  worker.hello.instance = record.instance;
  worker.hello.slots = record.slots;
  worker.hello.numerics_digest = record.numerics_digest;
  worker.hello.datasets.clear();
  for (const absl::string_view name : absl::StrSplit(record.datasets, ',', absl::SkipEmpty())) {
    worker.hello.datasets.push_back({.key = std::string(name)});
  }
  worker.seen_at = record.seen_at;
}

KnownWorker& WorkerRegistry::Connect(std::shared_ptr<WorkerLink> link, WorkerHello hello) {
  KnownWorker& worker = workers_[hello.name];
  sessions_.erase(worker.session);
  worker = KnownWorker{.hello = std::move(hello), .link = std::move(link), .session = ++last_session_};
  sessions_.emplace(worker.session, worker.hello.name);
  return worker;
}

void WorkerRegistry::Close(WorkerSessionId session) {
  KnownWorker* worker = OfSession(session);
  if (worker == nullptr) return;
  worker->link = nullptr;
  worker->session = 0;
  worker->credits = 0;
  sessions_.erase(session);
}

std::vector<std::shared_ptr<WorkerLink>> WorkerRegistry::CloseAll() {
  std::vector<std::shared_ptr<WorkerLink>> links;
  for (const auto& [session, name] : sessions_) links.push_back(std::move(workers_.at(name).link));
  sessions_.clear();
  workers_.clear();
  return links;
}

void WorkerRegistry::Forget(const std::string& name) {
  const auto it = workers_.find(name);
  if (it == workers_.end()) return;
  sessions_.erase(it->second.session);
  workers_.erase(it);
}

KnownWorker* WorkerRegistry::OfSession(WorkerSessionId session) {
  const auto it = sessions_.find(session);
  return it == sessions_.end() ? nullptr : &workers_.at(it->second);
}

KnownWorker* WorkerRegistry::Named(const std::string& name) {
  const auto it = workers_.find(name);
  return it == workers_.end() ? nullptr : &it->second;
}

std::vector<const WorkerHello*> WorkerRegistry::Serving() const {
  std::vector<const WorkerHello*> serving;
  for (const auto& [session, name] : sessions_) {
    const KnownWorker& worker = workers_.at(name);
    if (!worker.draining) serving.push_back(&worker.hello);
  }
  return serving;
}

std::vector<WorkerSessionId> WorkerRegistry::WithCredits() const {
  std::vector<WorkerSessionId> sessions;
  for (const auto& [session, name] : sessions_) {
    if (workers_.at(name).credits > 0) sessions.push_back(session);
  }
  return sessions;
}

WorkerRecord RecordOf(const KnownWorker& worker) {
  WorkerRecord record;
  record.name = worker.hello.name;
  record.instance = worker.hello.instance;
  record.slots = worker.hello.slots;
  record.numerics_digest = worker.hello.numerics_digest;
  record.datasets = absl::StrJoin(worker.hello.datasets, ",",
                                  [](std::string* out, const DatasetOffer& offer) { out->append(offer.key); });
  record.connected = worker.session != 0;
  record.seen_at = worker.seen_at;
  return record;
}

}  // namespace hpsearch::study
