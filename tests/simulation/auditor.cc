#include "tests/simulation/auditor.h"

#include <fmt/format.h>

#include <algorithm>
#include <variant>

#include "tests/simulation/broken.h"

namespace hpsearch::simulation {

using study::TrialRecord;
using study::TrialState;

namespace {

// A worker that lost its session with the server has another one within so long, and keeps its leases.
constexpr Micros kComesBack = 6 * kSecond;

std::string Name(const Auditor::Attempt& attempt) {
  return fmt::format("{}/{} attempt {}", std::get<0>(attempt), std::get<1>(attempt), std::get<2>(attempt));
}

bool HoldsIt(const TrialEntry* trial, const std::string& worker, std::int64_t attempt) {
  return trial != nullptr && trial->row.state == TrialState::kRunning && trial->row.attempt == attempt &&
         trial->row.worker == worker;
}

}  // namespace

Auditor::Auditor(const Nature& nature, const std::vector<StudyPlan>& plans)
    : nature_(nature), decided_(plans), durable_(plans) {}

void Auditor::Decided(const study::Batch& batch) {
  for (const study::Change& change : batch) {
    const auto* put = std::get_if<study::PutTrial>(&change);
    if (put == nullptr) continue;
    if (stale_) {
      const StudyEntry* study = decided_.Find(stale_->first);
      Invariant(study->row.id != put->trial.study || put->trial.number != stale_->second,
                "a stale attempt writes nothing", "{}/{}: {}", stale_->first, stale_->second,
                ToString(put->trial.state));
    }
    CheckLost(put->trial);
  }
  decided_.Apply(batch);
}

void Auditor::Committed(const study::Batch& batch) { durable_.Apply(batch); }

void Auditor::Dropped() {
  decided_ = durable_;
  loaded_ = false;
}

void Auditor::Loaded() {
  loaded_ = true;
  ticked_at_ = nature_.now();
  terms_.clear();
  listened_.clear();
  for (const auto& [id, study] : durable_.studies()) {
    for (const auto& [number, trial] : study.trials) {
      if (trial.row.state != TrialState::kRunning) continue;
      const Micros begun = nature_.now() + std::max<Micros>(0, kComesBack - TermOf(study));
      terms_[{id, number}] = {trial.row.attempt, begun};
    }
  }
}

Micros Auditor::TermOf(const StudyEntry& study) const {
  return static_cast<Micros>(decided_.PlanOf(study.row.name).lease_seconds * 1e6);
}

Micros Auditor::SilentSince(const StudyEntry& study, const TrialEntry& trial) const {
  const auto latest = [](const auto& times, const auto& key) {
    const auto it = times.find(key);
    return it == times.end() ? Micros{0} : it->second;
  };
  const auto term = terms_.find({study.row.id, trial.row.number});
  const Micros begun = term == terms_.end() ? 0 : term->second.begun;
  return std::max({begun, latest(listened_, study.row.id), latest(heard_, trial.row.worker)});
}

// Of a row that is about to be decided.
void Auditor::CheckLost(const TrialRecord& row) {
  const auto study = decided_.studies().find(row.study);
  if (study == decided_.studies().end()) return;
  const auto trial = study->second.trials.find(row.number);
  if (trial == study->second.trials.end() || row.lost <= trial->second.row.lost) return;
  if (row.reason.find("was not heard of for") == std::string::npos) return;
  const Micros silent = nature_.now() - SilentSince(study->second, trial->second);
  Invariant(silent >= TermOf(study->second), "a worker that beats in time keeps its lease",
            "{}/{} of worker {}: silent for {} us of {}", study->second.row.name, row.number, row.worker, silent,
            TermOf(study->second));
}

void Auditor::Heard(const std::string& worker) { heard_[worker] = nature_.now(); }

void Auditor::Ticking() {
  const Micros deaf = nature_.now() - ticked_at_;
  ticked_at_ = nature_.now();
  for (const auto& [id, study] : decided_.studies()) {
    if (deaf > TermOf(study) / 2) listened_[id] = nature_.now();
  }
}

void Auditor::Ticked() {
  if (!loaded_) return;  // nothing is decided until the store can be read
  for (auto it = terms_.begin(); it != terms_.end();) {
    const auto& [key, term] = *it;
    const StudyEntry& study = decided_.studies().at(key.first);
    const TrialEntry& trial = study.trials.at(key.second);
    if (trial.row.state != TrialState::kRunning || trial.row.attempt != term.attempt) {
      it = terms_.erase(it);
      continue;
    }
    const Micros silent = nature_.now() - SilentSince(study, trial);
    Invariant(silent < TermOf(study), "a silent worker loses its lease in time",
              "{}/{} of worker {}: silent for {} us of {}", study.row.name, key.second, trial.row.worker, silent,
              TermOf(study));
    ++it;
  }
}

void Auditor::Hearing(const std::string& worker, const Attempt& attempt, std::int64_t epoch, bool completed) {
  const auto& [study, trial, number] = attempt;
  if (!HoldsIt(decided_.Find(study, trial), worker, number)) {
    stale_.emplace(study, trial);
    return;
  }
  reported_[attempt] = std::max(reported_[attempt], epoch);
  if (completed) completed_.insert(attempt);
}

const TrialEntry& Auditor::Durable(const std::string& worker, const Attempt& attempt,
                                   std::string_view what) const {
  const auto& [study, number, count] = attempt;
  const TrialEntry* trial = durable_.Find(study, number);
  Invariant(trial != nullptr && std::ssize(trial->holders) >= count, "nothing is told before it is durable",
            "{} of {}: it is not stored", what, Name(attempt));
  const std::string& holder = trial->holders[static_cast<std::size_t>(count - 1)];
  Invariant(holder == worker, "an attempt is one worker's", "{} of {} to {}, it is stored for {}", what,
            Name(attempt), worker, holder);
  return *trial;
}

void Auditor::Leased(const study::WorkerHello& worker, const study::Lease& lease) {
  const Attempt attempt(lease.study, lease.trial, lease.attempt);
  const TrialEntry& trial = Durable(worker.name, attempt, "a lease");
  Invariant(delivered_.insert(attempt).second, "an attempt is leased once", "{}", Name(attempt));
  const StudyEntry& study = *durable_.Find(lease.study);
  Invariant(study.row.numerics_digest == worker.numerics_digest, "a study keeps its arithmetic",
            "{} to worker {} of digest {}", Name(attempt), worker.name, worker.numerics_digest);
  if (trial.row.attempt == lease.attempt) {
    Invariant(lease.epochs == trial.row.epochs_planned, "a lease is as long as its trial", "{}", Name(attempt));
  }
  terms_[{study.row.id, lease.trial}] = {lease.attempt, nature_.now()};
}

void Auditor::EpochsStored(const std::string& worker, const Attempt& attempt, std::int64_t epoch) {
  const TrialEntry& trial = Durable(worker, attempt, "an acknowledgement");
  Invariant(std::ssize(trial.epochs) >= epoch, "nothing is told before it is durable",
            "epoch {} of {}, {} are stored", epoch, Name(attempt), trial.epochs.size());
  const auto reported = reported_.find(attempt);
  Invariant(reported != reported_.end() && reported->second >= epoch, "only what was told in time is acknowledged",
            "epoch {} of {}", epoch, Name(attempt));
}

void Auditor::OutcomeStored(const std::string& worker, const Attempt& attempt) {
  const TrialEntry& trial = Durable(worker, attempt, "an outcome");
  const std::int64_t number = std::get<2>(attempt);
  Invariant(trial.row.attempt > number || trial.row.state != TrialState::kRunning,
            "nothing is told before it is durable", "the outcome of {}, which runs", Name(attempt));
  Invariant(!completed_.contains(attempt) || trial.ended.contains(number), "nothing is told before it is durable",
            "the outcome of {}, which has not ended", Name(attempt));
}

void Auditor::Revoked(const std::string& worker, const Attempt& attempt) {
  const auto& [study, trial, number] = attempt;
  Invariant(!HoldsIt(durable_.Find(study, trial), worker, number), "a lease that runs is not revoked", "{}",
            Name(attempt));
}

void Auditor::Answered(const std::string& request_id, const std::string& verb,
                       const absl::StatusOr<study::StudyAnswer>& answer) {
  if (!answer.ok()) {
    const bool fair = absl::IsUnavailable(answer.status()) || absl::IsFailedPrecondition(answer.status());
    Invariant(fair, "a right request has no other refusal than that of a state", "{}: {}", request_id,
              answer.status().ToString());
    return;
  }
  const std::string text = EncodeAnswer(verb, *answer, answer->existed);
  const auto stored = durable_.requests().find(request_id);
  Invariant(stored != durable_.requests().end(), "nothing is told before it is durable", "the answer to {}",
            request_id);
  const auto [first, is_first] = answers_.emplace(request_id, text);
  Invariant(first->second == text, "a repeated request has its first answer", "{}: {} and then {}", request_id,
            first->second, text);
  Invariant(stored->second == text, "the answer that is stored is the one that was given", "{}: {} and {}",
            request_id, stored->second, text);
}

void Auditor::Told(const study::Event& event) {
  const StudyEntry* study = durable_.Find(event.study);
  Invariant(study != nullptr, "nothing is told before it is durable", "an event of study {}", event.study);
  Invariant(event.trial == 0 || study->trials.contains(event.trial), "nothing is told before it is durable",
            "an event of trial {}/{}", event.study, event.trial);
  Invariant(!event.ended || IsFinal(study->row.state) || study->row.extended_from,
            "nothing is told before it is durable", "the end of {}", event.study);
}

}  // namespace hpsearch::simulation
