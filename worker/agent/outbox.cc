#include "worker/agent/outbox.h"

#include <algorithm>
#include <utility>

#include "worker/agent/utf8_text.h"

namespace hpsearch::agent {

void Outbox::Open(const LeaseId& id) { held_.try_emplace(id); }

void Outbox::Queue(const LeaseId& id, Held& held) {
  if (std::exchange(held.queued, true)) return;
  to_send_.push_back(id);
}

void Outbox::Report(const LeaseId& id, v1::Epoch epoch) {
  const auto it = held_.find(id);
  if (it == held_.end()) return;
  it->second.epochs.push_back(std::move(epoch));
  Queue(id, it->second);
}

void Outbox::Finish(const LeaseId& id, v1::Outcome::Kind kind, const std::string& reason) {
  const auto it = held_.find(id);
  if (it == held_.end()) return;
  v1::Outcome& outcome = it->second.outcome.emplace();
  SetId(id, &outcome);
  outcome.set_kind(kind);
  outcome.set_reason(Utf8Text(reason));
  Queue(id, it->second);
}

void Outbox::EpochsStored(const LeaseId& id, std::int64_t epoch) {
  const auto it = held_.find(id);
  if (it == held_.end()) return;
  Held& held = it->second;
  while (!held.epochs.empty() && held.epochs.front().epoch() <= epoch) {
    held.epochs.pop_front();
    if (held.sent > 0) --held.sent;
  }
}

void Outbox::OutcomeStored(const LeaseId& id) {
  const auto it = held_.find(id);
  if (it != held_.end() && it->second.outcome) held_.erase(it);
}

void Outbox::Drop(const LeaseId& id) { held_.erase(id); }

bool Outbox::Take(v1::WorkerMessage* message) {
  message->Clear();
  std::deque<LeaseId> outcomes_wait;  // their epochs are in this message
  int room = kMostEpochs;
  while (!to_send_.empty() && room > 0) {
    const LeaseId id = to_send_.front();
    const auto it = held_.find(id);
    if (it == held_.end()) {
      to_send_.pop_front();
      continue;
    }
    Held& held = it->second;
    if (held.sent < held.epochs.size()) {
      v1::EpochReport* report = message->mutable_reports()->add_reports();
      SetId(id, report);
      for (; held.sent < held.epochs.size() && room > 0; --room) *report->add_epochs() = held.epochs[held.sent++];
      if (held.sent < held.epochs.size()) break;
    }
    to_send_.pop_front();
    if (!held.outcome || held.outcome_sent) {
      held.queued = false;
    } else if (message->has_reports()) {
      outcomes_wait.push_back(id);
    } else {
      *message->mutable_outcome() = *held.outcome;
      held.outcome_sent = true;
      held.queued = false;
      break;
    }
  }
  to_send_.insert(to_send_.begin(), outcomes_wait.begin(), outcomes_wait.end());
  return message->kind_case() != v1::WorkerMessage::KIND_NOT_SET;
}

std::vector<LeaseId> Outbox::SendAgain() {
  std::vector<LeaseId> ids;
  to_send_.clear();
  for (auto& [id, held] : held_) {
    ids.push_back(id);
    held.sent = 0;
    held.outcome_sent = false;
    held.queued = false;
    if (!held.epochs.empty() || held.outcome) Queue(id, held);
  }
  return ids;
}

}  // namespace hpsearch::agent
