#include "server/study/active_study.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <set>
#include <utility>

#include "server/model/json.h"
#include "server/search/point_text.h"
#include "server/study/data_hash.h"
#include "server/study/earlier_results.h"
#include "server/study/round_boxes.h"
#include "server/study/trial_key.h"

namespace hpsearch::study {

ActiveStudy::ActiveStudy(std::shared_ptr<const StudySpec> spec, search::Rounds rounds,
                         std::vector<strategy::Observation> earlier)
    : spec_(std::move(spec)),
      placement_(spec_),
      share_{.weight = spec_->weight, .priority = spec_->priority},
      rounds_(std::move(rounds)),
      early_(*spec_),
      race_(*spec_),
      points_(spec_->replicates()),
      most_best_(Around(*spec_)) {
  if (spec_->search.sampling && spec_->search.sampling->learns()) {
    chooser_ = std::make_shared<PointChooser>(spec_, std::move(earlier));
  }
  // Of round 1, also where it was stopped among them and another one follows.
  const search::Round& first = rounds_.rounds().front();
  const std::int64_t enqueued = std::ssize(spec_->search.enqueued) * points_.each();
  for (std::int64_t index = 0; chooser_ && index < enqueued; index += points_.each()) {
    chooser_->Chose(first.At(index));
  }
  race_.Open(rounds_.current().first_trial(), rounds_.current().size());
}

std::int64_t ActiveStudy::Around(const StudySpec& spec) {
  if (!spec.search.refine) return 1;
  // Of one point there may be as many as there are lengths of rounds.
  const std::vector<std::int64_t>& epochs = spec.search.refine->epochs;
  const auto lengths = static_cast<std::int64_t>(std::set<std::int64_t>(epochs.begin(), epochs.end()).size());
  return spec.search.refine->around * std::max<std::int64_t>(1, lengths);
}

absl::StatusOr<std::unique_ptr<ActiveStudy>> ActiveStudy::Create(std::int64_t id,
                                                                 std::shared_ptr<const StudySpec> spec,
                                                                 std::vector<EarlierResult> earlier, Micros now,
                                                                 Decision& decision) {
  absl::StatusOr<search::Rounds> rounds = search::Rounds::Open(spec->space, spec->search, spec->seed);
  if (!rounds.ok()) return rounds.status();
  absl::StatusOr<std::vector<strategy::Observation>> learnt = ObservationsOf(*spec, earlier);
  if (!learnt.ok()) return learnt.status();
  std::unique_ptr<ActiveStudy> study(new ActiveStudy(std::move(spec), *std::move(rounds), *std::move(learnt)));
  StudyRecord& record = study->record_;
  record.id = id;
  record.name = study->spec_->name;
  record.spec = study->spec_->canonical;
  record.metric = study->spec_->objective.metric;
  record.direction =
      study->spec_->objective.direction == Objective::Direction::kMinimize ? "minimize" : "maximize";
  record.planned_trials = study->rounds_.trials();
  record.max_trials = MostTrials(*study->spec_);
  record.created_at = now;
  decision.Put(record);
  decision.Add(PutRound{{.study = id,
                         .number = 1,
                         .first_trial = 1,
                         .trials = record.planned_trials,
                         .opened_at = now,
                         .boxes = BoxesOf(study->spec_->space, study->rounds_.current(), {}),
                         .epochs = EpochsOfRound(*study->spec_, 1)}});
  if (!earlier.empty()) decision.Add(PutEarlier{id, std::move(earlier)});
  return study;
}

absl::StatusOr<std::unique_ptr<ActiveStudy>> ActiveStudy::Restore(const StoredStudy& stored,
                                                                  std::shared_ptr<const StudySpec> spec,
                                                                  const std::vector<TrialRecord>& best) {
  absl::StatusOr<search::Rounds> rounds = search::Rounds::Open(spec->space, spec->search, spec->seed);
  if (!rounds.ok()) return rounds.status();
  if (absl::Status status = ChooseStored(stored, *spec, *rounds); !status.ok()) return status;
  absl::StatusOr<std::vector<strategy::Observation>> learnt = ObservationsOf(*spec, stored.earlier);
  if (!learnt.ok()) return learnt.status();
  for (std::size_t i = 0; i < stored.rounds.size(); ++i) {
    const RoundRecord& round = stored.rounds[i];
    if (round.number > 1 && round.by_hand) {
      const std::int64_t ended = i == 0 ? -1 : stored.rounds[i - 1].trials;
      if (absl::Status status = ReopenByHand(round, ended, *rounds); !status.ok()) return status;
    } else if (round.number > 1) {
      const auto exists = [&](std::int64_t trial) { return 1 <= trial && trial <= rounds->trials(); };
      if (rounds->last() || round.centres.empty() ||
          !std::all_of(round.centres.begin(), round.centres.end(), exists)) {
        return absl::InternalError(
            fmt::format("round {} is stored around [{}], which the rounds before it do not permit", round.number,
                        fmt::join(round.centres, ", ")));
      }
      rounds->Refine(round.centres);
    }
    const bool cut = i + 1 < stored.rounds.size() && stored.rounds[i + 1].by_hand && round.trials >= 0 &&
                     round.trials < rounds->current().size();
    if (rounds->current().number() != round.number || (rounds->current().size() != round.trials && !cut) ||
        rounds->current().first_trial() != round.first_trial) {
      return absl::InternalError(
          fmt::format("round {} is stored with {} trials from {}, but its centres give {} from {}", round.number,
                      round.trials, round.first_trial, rounds->current().size(), rounds->current().first_trial()));
    }
  }
  std::unique_ptr<ActiveStudy> study(new ActiveStudy(std::move(spec), *std::move(rounds), *std::move(learnt)));
  study->record_ = stored.study;
  if (!stored.rounds.empty()) {
    study->best_before_ = CentreIn(stored.rounds.back().boxes);
    study->by_hand_ = stored.rounds.back().by_hand;
    study->opened_at_ = stored.rounds.back().opened_at;
  }
  const std::int64_t enqueued = std::ssize(study->spec_->search.enqueued) * study->points_.each();
  for (const TrialRecord& trial : stored.chosen) {
    if (trial.replicate == 0 && trial.number > enqueued)
      study->chooser_->Chose(study->rounds_.PointOf(trial.number));
    const bool known = IsFinal(trial.state) || trial.state == TrialState::kPaused;
    if (!known) continue;
    study->Observe(trial);
    if (!study->points_.stands()) continue;
    if (const std::optional<PointResult> point = study->points_.Add(trial)) study->ObservePoint(*point);
  }
  for (const StoredStudy::Open& open : stored.open) {
    auto& trials = open.trial.state == TrialState::kRunning  ? study->running_
                   : open.trial.state == TrialState::kPaused ? study->paused_
                                                             : study->returned_;
    // What this attempt had reported is not stored apart: it may go on behind anything that is known.
    const auto known = static_cast<std::int64_t>(open.epochs.size());
    trials.emplace(open.trial.number, OpenTrial{open.trial, open.epochs, known});
  }
  for (const auto& [state, count] : stored.counts) {
    if (state == TrialState::kFailed) study->failed_ = study->by_hand_ ? stored.failed_of_round : count;
    if (WasTrained(state)) study->sound_ = count > 0 || study->sound_;
  }
  // Those that are extended may come to be worse than what stands behind them now.
  if (study->record_.extended_from) study->most_best_ += std::ssize(stored.open);
  if (study->points_.stands()) return study;
  for (const TrialRecord& trial : best) study->Consider(trial);
  for (const StoredStudy::Open& open : stored.open) {
    if (study->record_.extended_from) study->Consider(open.trial);
  }
  return study;
}

absl::Status ActiveStudy::ChooseStored(const StoredStudy& stored, const StudySpec& spec, search::Rounds& rounds) {
  const bool learns = spec.search.sampling && spec.search.sampling->learns();
  for (const TrialRecord& trial : stored.chosen) {
    if (trial.replicate > 0 && trial.number <= rounds.known()) continue;  // its point is chosen already
    const std::optional<search::Point> point = search::PointFrom(trial.point);
    const bool enqueued = trial.number <= std::ssize(spec.search.enqueued) * spec.replicates();
    if (learns && enqueued && point == rounds.PointOf(trial.number)) continue;
    if (!learns || !point || point->size() != spec.space.parameters().size() ||
        trial.number != rounds.known() + 1 || rounds.known() == rounds.trials()) {
      return absl::InternalError(fmt::format("trial {} is stored at the point '{}', which the study cannot have",
                                             trial.number, trial.point));
    }
    rounds.Choose(*point);
  }
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<ActiveStudy>> ActiveStudy::Extend(StoredStudy stored,
                                                                 std::shared_ptr<const StudySpec> spec,
                                                                 const std::vector<TrialRecord>& best,
                                                                 std::int64_t epochs, Decision& decision) {
  StudyRecord& record = stored.study;
  record.extended_from = record.state;
  record.state = StudyState::kRunning;
  record.reason.clear();
  record.finished_at.reset();
  for (StoredStudy::Open& open : stored.open) {
    open.trial.state = TrialState::kQueued;
    open.trial.reason.clear();
    open.trial.epochs_planned = epochs;
    open.trial.lost = 0;
    open.trial.finished_at.reset();
  }
  absl::StatusOr<std::unique_ptr<ActiveStudy>> study = Restore(stored, std::move(spec), best);
  if (!study.ok()) return study.status();
  decision.Put((*study)->record_);
  for (const StoredStudy::Open& open : stored.open) decision.Put((*study)->record_, open.trial);
  return study;
}

void ActiveStudy::Exclude(const WorkerHello& worker, std::int64_t trial, const std::string& reason) {
  const absl::StatusOr<TrialPlan> plan = PlanOf(*spec_, running_.at(trial).record.parameters);
  const std::string dataset = plan.ok() ? DatasetOf(*plan) : "";
  placement_.Exclude(worker, HashIn(record_.data_hash, dataset), reason);
}

bool ActiveStudy::RunsBeside(const std::string& worker) const {
  return std::any_of(running_.begin(), running_.end(),
                     [&](const auto& trial) { return trial.second.record.worker != worker; });
}

bool ActiveStudy::WantsWorkers() const {
  if (record_.state != StudyState::kRunning || record_.stopping) return false;
  return !returned_.empty() || (!record_.extended_from && record_.next_trial <= rounds_.trials());
}

bool ActiveStudy::LacksPoint() const {
  if (!WantsWorkers() || storing_ || record_.extended_from || record_.next_trial <= rounds_.known()) return false;
  return HasFreeSlot();
}

void ActiveStudy::Choose(const std::vector<strategy::Coordinates>& points) {
  for (const strategy::Coordinates& at : points) {
    search::Point point = spec_->space.FromCoordinates(at);
    chooser_->Chose(point);
    rounds_.Choose(std::move(point));
  }
  chooser_->Answered();
}

bool ActiveStudy::HasFreeSlot() const {
  const std::optional<std::int64_t>& parallel = spec_->limits.max_parallel_trials;
  return !parallel || std::ssize(running_) < *parallel;
}

bool ActiveStudy::HasNext() const {
  if (!WantsWorkers() || storing_ || !HasFreeSlot()) return false;
  return !returned_.empty() || (!record_.extended_from && checked_ == record_.next_trial);
}

OpenTrial ActiveStudy::NewTrial(std::int64_t number) const {
  const search::Point point = rounds_.PointOf(number);
  OpenTrial trial;
  trial.record.study = record_.id;
  trial.record.number = number;
  trial.record.round = rounds_.RoundOf(number).number();
  trial.record.epochs_planned = MostEpochs(number);
  if (race_.stands()) trial.record.epochs_planned = race_.FirstEpochs(number, trial.record.epochs_planned);
  trial.record.parameters = model::ToJson(spec_->space.Values(point));
  trial.record.seed = spec_->seed;
  trial.record.replicate = rounds_.ReplicateOf(number);
  if (chooser_ && trial.record.round == 1) trial.record.point = search::ToText(point);
  return trial;
}

Lease ActiveStudy::LeaseNext(const WorkerHello& worker, Micros now, Decision& decision) {
  OpenTrial trial;
  if (!returned_.empty()) {
    trial = std::move(returned_.begin()->second);
    returned_.erase(returned_.begin());
  } else {
    trial = NewTrial(record_.next_trial);
    ++record_.next_trial;
    if (goes_on_from_) TakeUp(*goes_on_from_, trial);
    goes_on_from_.reset();
  }
  trial.reported = 0;
  TrialRecord& record = trial.record;
  record.state = TrialState::kRunning;
  record.reason.clear();
  record.worker = worker.name;
  ++record.attempt;
  if (!record.started_at) record.started_at = now;

  if (!record_.started_at) record_.started_at = now;
  record_.reason.clear();

  Lease lease;
  lease.study = record_.name;
  lease.trial = record.number;
  lease.attempt = record.attempt;
  lease.epochs = record.epochs_planned;
  lease.may_go_on = MayGoOn(record);
  lease.epochs_stored = static_cast<std::int64_t>(trial.epochs.size());
  if (next_ && next_->trial == record.number) {
    lease.plan = std::move(next_->plan);
    record.key = std::move(next_->key);
    lease.shorter_study = std::move(next_->shorter);
    next_.reset();
  } else {
    lease.plan = PlanOf(*spec_, rounds_.PointOf(record.number));
    lease.plan.replicate = record.replicate;
  }
  lease.data_hash = HashIn(record_.data_hash, DatasetOf(lease.plan));
  if (record.key.empty()) record.key = KeyOf(lease.plan, record_);
  lease.objective = spec_->objective;
  lease.keep_checkpoints = spec_->checkpoints.keep;
  lease.lease_seconds = spec_->limits.lease_seconds;
  lease.spec_digest = spec_->digest;
  decision.Put(record_);
  decision.Put(record_, record);
  const bool takes_up = record.reused_from && record.attempt == 1;
  if (takes_up) decision.Copy({record_.id, *record.reused_from, record.number, record.epochs});
  running_.emplace(record.number, std::move(trial));
  return lease;
}

}  // namespace hpsearch::study
