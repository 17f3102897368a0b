#include "server/study/decision.h"

#include <iterator>
#include <utility>

namespace hpsearch::study {

void Decision::Put(const StudyRecord& study, const TrialRecord& trial) {
  Add(PutTrial{trial});
  Tell({Event::Kind::kTrial, study.name, trial.number});
}

void Decision::Copy(const CopyEpochs& copy) {
  ++copies_;
  copied_epochs_ += copy.epochs;
  Add(copy);
}

void Decision::Then(std::function<void()> act) {
  releases_.push_back([act = std::move(act)](const absl::Status& status) {
    if (status.ok()) act();
  });
}

absl::Status NotStored(const absl::Status& why) {
  return absl::UnavailableError("the change could not be stored, try again: " + std::string(why.message()));
}

Outbox::Outbox(Store& store, Listener listener, std::function<void(absl::Status)> failed)
    : store_(store), listener_(std::move(listener)), failed_(std::move(failed)) {}

void Outbox::Submit(Decision decision) {
  Batch batch;
  batch.reserve(decision.changes());
  for (auto& [id, study] : decision.studies_) {
    decision.events_.push_back({Event::Kind::kStudy, study.name, 0, IsFinal(study.state)});
    batch.emplace_back(PutStudy{std::move(study)});
  }
  std::move(decision.changes_.begin(), decision.changes_.end(), std::back_inserter(batch));

  if (batch.empty() && !pending_.empty()) {
    Pending& last = pending_.back();
    std::move(decision.releases_.begin(), decision.releases_.end(), std::back_inserter(last.releases));
    return;
  }
  pending_.push_back({std::move(decision.events_), std::move(decision.releases_)});
  if (batch.empty()) {
    ReleaseFront();
    return;
  }
  store_.Commit(std::move(batch),
                [this, generation = generation_, alive = std::weak_ptr<bool>(alive_)](const absl::Status& status) {
                  if (!alive.expired()) Committed(generation, status);
                });
}

void Outbox::Committed(std::int64_t generation, const absl::Status& status) {
  if (generation != generation_) return;
  if (status.ok()) {
    ReleaseFront();
    return;
  }
  ++generation_;
  const std::deque<Pending> lost = std::exchange(pending_, {});
  const absl::Status why = NotStored(status);
  const std::weak_ptr<bool> alive = alive_;
  failed_(status);
  for (const Pending& pending : lost) {
    for (const auto& release : pending.releases) {
      if (alive.expired()) return;
      release(why);
    }
  }
}

// What is released may decide again; where that changes nothing, it joins the front, behind what is being
// released.
void Outbox::ReleaseFront() {
  const std::weak_ptr<bool> alive = alive_;
  for (;;) {
    const Pending pending = std::exchange(pending_.front(), {});
    if (pending.releases.empty() && pending.events.empty()) break;
    for (const auto& release : pending.releases) {
      release(absl::OkStatus());
      if (alive.expired()) return;
    }
    for (const Event& event : pending.events) listener_(event);
  }
  pending_.pop_front();
}

}  // namespace hpsearch::study
