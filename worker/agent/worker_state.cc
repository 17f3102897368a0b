#include "worker/agent/worker_state.h"

#include <algorithm>
#include <utility>

namespace hpsearch::agent {

using std::chrono::steady_clock;

void WorkerState::Report(const LeaseId& id, v1::Epoch epoch) {
  std::lock_guard lock(mutex_);
  outbox_.Report(id, std::move(epoch));
  changed_.notify_all();
}

void WorkerState::Finish(const LeaseId& id, v1::Outcome::Kind kind, const std::string& reason) {
  std::lock_guard lock(mutex_);
  outbox_.Finish(id, kind, reason);
  ++free_;
  changed_.notify_all();
}

void WorkerState::OffersChanged() {
  std::lock_guard lock(mutex_);
  offers_changed_ = true;
  changed_.notify_all();
}

bool WorkerState::TakeOffersChanged() {
  std::lock_guard lock(mutex_);
  return std::exchange(offers_changed_, false);
}

WorkerState::Duration WorkerState::Beat() const {
  Duration beat = heartbeat_;
  for (const auto& [id, of_lease] : beats_) beat = std::min(beat, of_lease);
  return beat;
}

bool WorkerState::Accept(const LeaseId& id, Duration beat) {
  std::lock_guard lock(mutex_);
  if (outbox_.Holds(id)) return false;
  outbox_.Open(id);
  beats_[id] = beat;
  speak_by_ = std::min(speak_by_, steady_clock::now() + beat);
  changed_.notify_all();
  if (told_ > 0) --told_;
  if (draining_ || free_ == 0) {
    outbox_.Finish(id, v1::Outcome::RETURNED, draining_ ? "the worker takes no more" : "no slot is free");
    changed_.notify_all();
    return false;
  }
  --free_;
  return true;
}

void WorkerState::EpochsStored(const LeaseId& id, std::int64_t epoch) {
  std::lock_guard lock(mutex_);
  outbox_.EpochsStored(id, epoch);
}

void WorkerState::OutcomeStored(const LeaseId& id) {
  std::lock_guard lock(mutex_);
  outbox_.OutcomeStored(id);
  if (!outbox_.Holds(id)) beats_.erase(id);
  changed_.notify_all();
}

void WorkerState::Revoked(const LeaseId& id) {
  std::lock_guard lock(mutex_);
  outbox_.Drop(id);
  beats_.erase(id);
  changed_.notify_all();
}

void WorkerState::Drained() {
  std::lock_guard lock(mutex_);
  drained_ = true;
  changed_.notify_all();
}

std::vector<LeaseId> WorkerState::Connecting(Duration welcome, Duration close) {
  std::lock_guard lock(mutex_);
  told_ = 0;
  drain_told_ = drained_ = welcomed_ = lost_ = false;
  writing_ = true;
  close_ = close;
  answer_by_ = steady_clock::now() + welcome;
  return outbox_.SendAgain();
}

void WorkerState::Welcomed(Duration heartbeat) {
  std::lock_guard lock(mutex_);
  welcomed_ = true;
  heartbeat_ = heartbeat;
  speak_by_ = steady_clock::now() + Beat();
  answer_by_.reset();
  changed_.notify_all();
}

void WorkerState::Written() {
  std::lock_guard lock(mutex_);
  writing_ = false;
  changed_.notify_all();
}

void WorkerState::Lost() {
  std::lock_guard lock(mutex_);
  lost_ = true;
  changed_.notify_all();
}

bool WorkerState::TakeMessage(Time now, v1::WorkerMessage* message) {
  message->Clear();
  if (draining_ && !std::exchange(drain_told_, true)) {
    message->mutable_drain();
  } else if (!outbox_.Take(message)) {
    if (!draining_ && free_ > told_) {
      message->mutable_ready()->set_slots(free_ - std::exchange(told_, free_));
    } else if (now >= speak_by_) {
      message->mutable_heartbeat();
    } else {
      return false;
    }
  }
  speak_by_ = now + Beat();
  return true;
}

WorkerState::Turn WorkerState::Next(v1::WorkerMessage* message) {
  std::unique_lock lock(mutex_);
  while (true) {
    const Time now = steady_clock::now();
    if (lost_ || offers_changed_) return Turn::kLost;
    if (!welcomed_ || writing_) {
      changed_.wait(lock);
    } else if (Through() && drained_) {
      answer_by_ = now + close_;
      changed_.notify_all();
      return Turn::kFinished;
    } else if (TakeMessage(now, message)) {
      writing_ = true;
      return Turn::kMessage;
    } else {
      changed_.wait_until(lock, speak_by_);
    }
  }
}

bool WorkerState::More(v1::WorkerMessage* message) {
  std::lock_guard lock(mutex_);
  return !lost_ && !offers_changed_ && TakeMessage(steady_clock::now(), message);
}

bool WorkerState::WaitLost() {
  std::unique_lock lock(mutex_);
  while (!lost_) {
    const Time now = steady_clock::now();
    if (TimeIsUp(now) || (answer_by_ && now >= *answer_by_)) return false;
    if (offers_changed_ || (Through() && !welcomed_)) return false;
    WaitUntil(lock, answer_by_);
  }
  return true;
}

void WorkerState::WaitUntil(std::unique_lock<std::mutex>& lock, std::optional<Time> deadline) {
  if (stop_) deadline = deadline ? std::min(*deadline, *stop_) : *stop_;
  if (deadline) {
    changed_.wait_until(lock, *deadline);
  } else {
    changed_.wait(lock);
  }
}

void WorkerState::Drain() {
  std::lock_guard lock(mutex_);
  draining_ = true;
  changed_.notify_all();
}

void WorkerState::Stop(Time latest) {
  std::lock_guard lock(mutex_);
  draining_ = true;
  if (!stop_) stop_ = latest;
  changed_.notify_all();
}

bool WorkerState::ending() const {
  std::lock_guard lock(mutex_);
  return draining_;
}

bool WorkerState::WaitFinished(Time deadline) {
  std::unique_lock lock(mutex_);
  while (true) {
    const Time now = steady_clock::now();
    if (Through() || TimeIsUp(now)) return true;
    if (now >= deadline) return false;
    WaitUntil(lock, deadline);
  }
}

}  // namespace hpsearch::agent
