#include "tests/support/memory_store.h"

#include <algorithm>

#include "server/study/data_hash.h"

namespace hpsearch::testing {
namespace {

using study::TrialState;

// Sets a key, and remembers how to take that back.
template <class Map, class Undo>
void Put(Map& map, const typename Map::key_type& key, typename Map::mapped_type value, Undo& undo) {
  const auto it = map.find(key);
  if (it == map.end()) {
    undo.push_back([&map, key] { map.erase(key); });
    map.emplace(key, std::move(value));
  } else {
    undo.push_back([&map, key, old = it->second] { map[key] = old; });
    it->second = std::move(value);
  }
}

std::int64_t EpochsCopied(const study::Batch& batch) {
  std::int64_t epochs = 0;
  for (const study::Change& change : batch) {
    if (const auto* copy = std::get_if<study::CopyEpochs>(&change)) epochs += copy->epochs;
  }
  return epochs;
}

}  // namespace

void MemoryStore::Commit(study::Batch batch, std::function<void(absl::Status)> done) {
  Waiting waiting{std::move(batch), std::move(done)};
  if (failing_) {
    Finish(std::move(waiting.done), *failing_);
  } else if (holding_) {
    waiting_.push_back(std::move(waiting));
  } else {
    CommitNow(std::move(waiting));
  }
}

bool MemoryStore::CommitOne() {
  if (waiting_.empty()) return false;
  Waiting waiting = std::move(waiting_.front());
  waiting_.pop_front();
  CommitNow(std::move(waiting));
  return true;
}

void MemoryStore::Release() {
  holding_ = false;
  while (CommitOne()) {
  }
}

void MemoryStore::DropWaiting() {
  waiting_.clear();
  holding_ = false;
  failing_.reset();
  fail_next_.reset();
}

bool MemoryStore::CallFails() {
  if (failing_calls_ == 0 || sound_calls_-- > 0) return false;
  sound_calls_ = 0;
  --failing_calls_;
  return true;
}

absl::Status MemoryStore::Reading() {
  if (!reads_.ok()) return reads_;
  return CallFails() ? absl::UnavailableError("this read fails") : absl::OkStatus();
}

void MemoryStore::CommitNow(Waiting waiting) {
  absl::Status status = absl::OkStatus();
  if (fail_next_) {
    status = *fail_next_;
    fail_next_.reset();
  } else if (CallFails()) {
    status = absl::UnavailableError("this commit fails");
  } else {
    status = ApplyAll(waiting.batch);
  }
  if (status.ok()) {
    ++commits_;
    largest_batch_ = std::max(largest_batch_, waiting.batch.size());
    most_epochs_copied_ = std::max(most_epochs_copied_, EpochsCopied(waiting.batch));
    if (committed_) committed_(waiting.batch);
    strand_.Post([done = std::move(waiting.done)] { done(absl::OkStatus()); });
    return;
  }
  failing_ = absl::UnavailableError("a batch before it failed");
  strand_.Post([this, status, done = std::move(waiting.done)] {
    failing_.reset();
    done(status);
  });
  for (Waiting& behind : waiting_) Finish(std::move(behind.done), *failing_);
  waiting_.clear();
}

void MemoryStore::Finish(std::function<void(absl::Status)> done, absl::Status status) {
  strand_.Post([done = std::move(done), status = std::move(status)] { done(status); });
}

absl::Status MemoryStore::ApplyAll(const study::Batch& batch) {
  Undo undo;
  for (const study::Change& change : batch) {
    const absl::Status status = std::visit([&](const auto& c) { return Apply(c, undo); }, change);
    if (status.ok()) continue;
    for (auto it = undo.rbegin(); it != undo.rend(); ++it) (*it)();
    return status;
  }
  return absl::OkStatus();
}

absl::Status MemoryStore::Apply(const study::PutStudy& change, Undo& undo) {
  for (const auto& [id, study] : studies_) {
    if (study.name == change.study.name && id != change.study.id) {
      return absl::AlreadyExistsError("study " + study.name + " exists");
    }
  }
  Put(studies_, change.study.id, change.study, undo);
  return absl::OkStatus();
}

absl::Status MemoryStore::Apply(const study::PutRound& change, Undo& undo) {
  for (const study::RoundRecord& round : rounds_) {
    if (round.study == change.round.study && round.number == change.round.number) {
      return absl::AlreadyExistsError("the round is open already");
    }
  }
  rounds_.push_back(change.round);
  undo.push_back([this] { rounds_.pop_back(); });
  return absl::OkStatus();
}

absl::Status MemoryStore::Apply(const study::CutRound& change, Undo& undo) {
  for (study::RoundRecord& round : rounds_) {
    if (round.study != change.study || round.number != change.number) continue;
    undo.push_back([this, id = std::pair(round.study, round.number), trials = round.trials] {
      for (study::RoundRecord& cut : rounds_) {
        if (std::pair(cut.study, cut.number) == id) cut.trials = trials;
      }
    });
    round.trials = change.trials;
    return absl::OkStatus();
  }
  return absl::NotFoundError("no such round");
}

absl::Status MemoryStore::Apply(const study::PutEarlier& change, Undo& undo) {
  if (earlier_.count(change.study) > 0)
    return absl::AlreadyExistsError("the study has its earlier results already");
  Put(earlier_, change.study, change.results, undo);
  return absl::OkStatus();
}

absl::Status MemoryStore::Apply(const study::PutTrial& change, Undo& undo) {
  const TrialKey key(change.trial.study, change.trial.number);
  const auto it = trials_.find(key);
  if (it != trials_.end() && change.trial.attempt < it->second.attempt) {
    return absl::FailedPreconditionError("a stale lease");
  }
  Put(trials_, key, change.trial, undo);
  return absl::OkStatus();
}

absl::Status MemoryStore::Apply(const study::AppendEpochs& change, Undo& undo) {
  const TrialKey key(change.study, change.trial);
  const auto it = trials_.find(key);
  if (it == trials_.end() || it->second.attempt != change.attempt) {
    return absl::FailedPreconditionError("a stale lease");
  }
  auto& curve = epochs_[key];
  for (const study::EpochRecord& epoch : change.epochs) {
    const auto known = curve.find(epoch.epoch);
    if (known == curve.end()) {
      Put(curve, epoch.epoch, epoch, undo);
    } else if (!SameResult(known->second, epoch)) {
      return absl::AbortedError("an epoch with other bits");
    }
  }
  return absl::OkStatus();
}

absl::Status MemoryStore::Apply(const study::CopyEpochs& change, Undo& undo) {
  auto curve = epochs_[TrialKey(change.from_study, change.from)];
  curve.erase(curve.upper_bound(change.epochs), curve.end());
  Put(epochs_, TrialKey(change.study, change.to), std::move(curve), undo);
  return absl::OkStatus();
}

absl::Status MemoryStore::Apply(const study::PutRequest& change, Undo& undo) {
  if (requests_.count(change.request_id) > 0)
    return absl::AlreadyExistsError("the request was carried out already");
  Put(requests_, change.request_id, change.answer, undo);
  return absl::OkStatus();
}

absl::Status MemoryStore::Apply(const study::PutWorker& change, Undo& undo) {
  Put(workers_, change.worker.name, change.worker, undo);
  return absl::OkStatus();
}

absl::Status MemoryStore::Apply(const study::ForgetWorker& change, Undo& undo) {
  const auto it = workers_.find(change.name);
  if (it == workers_.end()) return absl::OkStatus();
  undo.push_back([this, worker = it->second] { workers_[worker.name] = worker; });
  workers_.erase(it);
  return absl::OkStatus();
}

absl::StatusOr<std::vector<study::StoredStudy>> MemoryStore::LoadOpenStudies() {
  if (absl::Status status = Reading(); !status.ok()) return status;
  std::vector<study::StoredStudy> open;
  for (const auto& [id, record] : studies_) {
    if (IsFinal(record.state)) continue;
    open.push_back(Stored(record));
    for (auto it = trials_.lower_bound({id, 0}); it != trials_.end() && it->first.first == id; ++it) {
      if (!IsFinal(it->second.state)) open.back().open.push_back(Open(it->second));
    }
  }
  return open;
}

study::StoredStudy MemoryStore::Stored(const study::StudyRecord& record) const {
  study::StoredStudy stored;
  stored.study = record;
  for (const study::RoundRecord& round : rounds_) {
    if (round.study == record.id) stored.rounds.push_back(round);
  }
  std::map<TrialState, std::int64_t> counts;
  for (auto it = trials_.lower_bound({record.id, 0}); it != trials_.end() && it->first.first == record.id; ++it) {
    ++counts[it->second.state];
    const bool of_round = !stored.rounds.empty() && it->first.second >= stored.rounds.back().first_trial;
    if (of_round && it->second.state == TrialState::kFailed) ++stored.failed_of_round;
    if (!it->second.point.empty()) stored.chosen.push_back(it->second);
  }
  stored.counts.assign(counts.begin(), counts.end());
  if (const auto earlier = earlier_.find(record.id); earlier != earlier_.end()) stored.earlier = earlier->second;
  return stored;
}

study::StoredStudy::Open MemoryStore::Open(const study::TrialRecord& trial) const {
  study::StoredStudy::Open open{trial, {}};
  for (const auto& [number, epoch] : Epochs(trial.study, trial.number)) open.epochs.push_back(epoch);
  return open;
}

absl::StatusOr<study::StoredStudy> MemoryStore::LoadStudy(std::int64_t study,
                                                          const std::vector<std::int64_t>& trials) {
  if (absl::Status status = Reading(); !status.ok()) return status;
  const auto found = studies_.find(study);
  if (found == studies_.end()) return absl::NotFoundError("no such study");
  study::StoredStudy stored = Stored(found->second);
  for (const std::int64_t number : trials) {
    const auto trial = trials_.find({study, number});
    if (trial == trials_.end()) return absl::NotFoundError("no such trial");
    stored.open.push_back(Open(trial->second));
  }
  return stored;
}

absl::StatusOr<study::StudyRecord> MemoryStore::FindStudy(const std::string& name) {
  if (absl::Status status = Reading(); !status.ok()) return status;
  for (const auto& [id, study] : studies_) {
    if (study.name == name) return study;
  }
  return absl::NotFoundError("no study " + name);
}

absl::StatusOr<std::string> MemoryStore::FindRequest(const std::string& request_id) {
  if (absl::Status status = Reading(); !status.ok()) return status;
  const auto it = requests_.find(request_id);
  if (it == requests_.end()) return absl::NotFoundError("no request " + request_id);
  return it->second;
}

absl::StatusOr<study::TrialRecord> MemoryStore::FindTrial(std::int64_t study, std::int64_t trial) {
  if (absl::Status status = Reading(); !status.ok()) return status;
  const auto it = trials_.find({study, trial});
  if (it == trials_.end()) return absl::NotFoundError("no such trial");
  return it->second;
}

absl::StatusOr<std::vector<study::TrialRecord>> MemoryStore::TrainedAs(const std::string& key) {
  if (absl::Status status = Reading(); !status.ok()) return status;
  std::vector<study::TrialRecord> trained;
  for (const auto& [id, trial] : trials_) {
    const bool ended = trial.state == TrialState::kCompleted || trial.state == TrialState::kDiverged;
    const bool own = (!trial.reused_from || trial.attempt > 0) && trial.reused_elsewhere.trial == 0;
    if (ended && own && trial.key == key) trained.push_back(trial);
  }
  std::stable_sort(trained.begin(), trained.end(),
                   [](const auto& a, const auto& b) { return a.epochs > b.epochs; });
  if (trained.size() > 4) trained.resize(4);
  return trained;
}

absl::StatusOr<bool> MemoryStore::HasLike(const study::StudyRecord& study) {
  if (absl::Status status = Reading(); !status.ok()) return status;
  return std::any_of(studies_.begin(), studies_.end(), [&study](const auto& entry) {
    const study::StudyRecord& other = entry.second;
    const bool several = study::IsOfSeveral(study.data_hash) || study::IsOfSeveral(other.data_hash);
    return other.id != study.id && other.numerics_digest == study.numerics_digest &&
           (other.data_hash == study.data_hash || (several && !other.data_hash.empty()));
  });
}

absl::StatusOr<study::StudyRecord> MemoryStore::FindStudyOf(std::int64_t id) {
  if (absl::Status status = Reading(); !status.ok()) return status;
  const auto found = studies_.find(id);
  if (found == studies_.end()) return absl::NotFoundError("no such study");
  return found->second;
}

absl::StatusOr<std::vector<study::EpochRecord>> MemoryStore::ReadCurve(std::int64_t study, std::int64_t trial) {
  if (absl::Status status = Reading(); !status.ok()) return status;
  ++curves_read_;
  std::vector<study::EpochRecord> curve;
  for (const auto& [number, epoch] : Epochs(study, trial)) curve.push_back(epoch);
  return curve;
}

absl::StatusOr<std::vector<study::TrialRecord>> MemoryStore::BestTrials(std::int64_t study, bool minimize,
                                                                        std::int64_t limit) {
  if (absl::Status status = Reading(); !status.ok()) return status;
  std::vector<study::TrialRecord> best;
  for (auto it = trials_.lower_bound({study, 0}); it != trials_.end() && it->first.first == study; ++it) {
    const study::TrialRecord& trial = it->second;
    const bool counts = trial.state == TrialState::kCompleted || trial.state == TrialState::kEarlyStopped;
    if (counts && trial.objective && (!trial.reused_from || trial.attempt > 0)) best.push_back(trial);
  }
  std::stable_sort(best.begin(), best.end(), [minimize](const study::TrialRecord& a, const study::TrialRecord& b) {
    return minimize ? *a.objective < *b.objective : *a.objective > *b.objective;
  });
  if (best.size() > static_cast<std::size_t>(limit)) best.resize(limit);
  return best;
}

absl::StatusOr<study::RankedPoints> MemoryStore::BestPoints(const study::StudyRecord& study,
                                                            std::int64_t replicates, std::int64_t limit) {
  if (absl::Status status = Reading(); !status.ok()) return status;
  const auto stored = studies_.find(study.id);
  if (stored == studies_.end()) return study::RankedPoints(/*minimize=*/true, limit);
  study::PointRanking ranking(replicates, stored->second.direction == "minimize", limit);
  for (auto it = trials_.lower_bound({study.id, 0}); it != trials_.end() && it->first.first == study.id; ++it) {
    study::TrialRecord trial = it->second;
    const bool extended = stored->second.extended_from && !IsFinal(trial.state) && trial.objective;
    if (extended) trial.state = TrialState::kCompleted;
    ranking.Add(trial);
  }
  return ranking.best();
}

absl::StatusOr<std::int64_t> MemoryStore::LastStudyId() {
  if (absl::Status status = Reading(); !status.ok()) return status;
  return studies_.empty() ? 0 : studies_.rbegin()->first;
}

absl::StatusOr<std::vector<study::WorkerRecord>> MemoryStore::LoadWorkers() {
  if (absl::Status status = Reading(); !status.ok()) return status;
  std::vector<study::WorkerRecord> workers;
  for (const auto& [name, worker] : workers_) workers.push_back(worker);
  return workers;
}

std::map<std::int64_t, study::EpochRecord> MemoryStore::Epochs(std::int64_t study, std::int64_t trial) const {
  const auto it = epochs_.find({study, trial});
  return it == epochs_.end() ? std::map<std::int64_t, study::EpochRecord>() : it->second;
}

}  // namespace hpsearch::testing
