#include "worker/agent/slots.h"

#include <exception>
#include <utility>

#include "server/failpoint/failpoint.h"

namespace hpsearch::agent {

Slots::Slots(std::int64_t count, TrainLease train, WorkerState& state)
    : count_(count), train_(std::move(train)), state_(state) {}

Slots::~Slots() { Close(); }

void Slots::Close() {
  CancelAll();
  {
    std::lock_guard lock(mutex_);
    closed_ = true;
    changed_.notify_all();
  }
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

void Slots::Start(const std::function<void()>& on_thread) {
  for (std::int64_t i = 0; i < count_; ++i) {
    threads_.emplace_back([this, on_thread] {
      on_thread();
      TrainAll();
    });
  }
}

void Slots::Submit(v1::Lease lease) {
  std::lock_guard lock(mutex_);
  cancelled_[IdOf(lease)] = std::make_shared<std::atomic<bool>>(cancel_all_);
  waiting_.push_back(std::move(lease));
  changed_.notify_one();
}

void Slots::Cancel(const LeaseId& id) {
  std::lock_guard lock(mutex_);
  if (const auto it = cancelled_.find(id); it != cancelled_.end()) it->second->store(true);
}

void Slots::CancelAll() {
  std::lock_guard lock(mutex_);
  cancel_all_ = true;
  for (auto& [id, cancelled] : cancelled_) cancelled->store(true);
}

void Slots::TrainAll() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return closed_ || !waiting_.empty(); });
    if (waiting_.empty()) return;
    const v1::Lease lease = std::move(waiting_.front());
    waiting_.pop_front();
    const std::shared_ptr<const std::atomic<bool>> cancelled = cancelled_[IdOf(lease)];
    lock.unlock();
    Train(lease, *cancelled);
    lock.lock();
    cancelled_.erase(IdOf(lease));
  }
}

void Slots::Train(const v1::Lease& lease, const std::atomic<bool>& cancelled) {
  const LeaseId id = IdOf(lease);
  TrialEnd end;
  try {
    end = train_(lease, cancelled, [&](v1::Epoch epoch) { state_.Report(id, std::move(epoch)); });
  } catch (const std::exception& thrown) {  // bad_alloc: this trial is too large, others may not be
    end = {v1::Outcome::FAILED, thrown.what()};
  }
  failpoint::Failpoint("worker.trial.trained");
  state_.Finish(id, end.kind, end.reason);
  failpoint::Failpoint("worker.trial.told");
}

}  // namespace hpsearch::agent
