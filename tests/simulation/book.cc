#include "tests/simulation/book.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <set>
#include <variant>

#include "tests/simulation/broken.h"
#include "tests/simulation/race_check.h"
#include "tests/simulation/result.h"

namespace hpsearch::simulation {

using study::StudyRecord;
using study::StudyState;
using study::TrialRecord;
using study::TrialState;

namespace {

// What the batch carries out for a client; empty: nothing.
std::string VerbIn(const study::Batch& batch) {
  constexpr std::string_view kKey = R"({"verb":")";
  for (const study::Change& change : batch) {
    const auto* request = std::get_if<study::PutRequest>(&change);
    if (request == nullptr || !request->answer.starts_with(kKey)) continue;
    return request->answer.substr(kKey.size(), request->answer.find('"', kKey.size()) - kKey.size());
  }
  return {};
}

bool Leases(const StudyRecord& study) { return study.state == StudyState::kRunning && !study.stopping; }

}  // namespace

Book::Book(const std::vector<StudyPlan>& plans) {
  for (const StudyPlan& plan : plans) plans_.emplace(plan.name, plan);
}

const StudyEntry* Book::Find(const std::string& study) const {
  for (const auto& [id, entry] : studies_) {
    if (entry.row.name == study) return &entry;
  }
  return nullptr;
}

const TrialEntry* Book::Find(const std::string& study, std::int64_t trial) const {
  const StudyEntry* entry = Find(study);
  if (entry == nullptr) return nullptr;
  const auto it = entry->trials.find(trial);
  return it == entry->trials.end() ? nullptr : &it->second;
}

void Book::Apply(const study::Batch& batch) {
  went_on_.clear();
  std::set<std::int64_t> touched, leased;  // a decision may lease and then stop: the study as it was counts too
  for (const auto& [id, study] : studies_) {
    if (Leases(study.row)) leased.insert(id);
  }
  for (const study::Change& change : batch) {
    if (const auto* study = std::get_if<study::PutStudy>(&change)) {
      Put(*study, batch);
      touched.insert(study->study.id);
      if (Leases(study->study)) leased.insert(study->study.id);
    } else if (const auto* trial = std::get_if<study::PutTrial>(&change)) {
      Put(*trial, leased.contains(trial->trial.study));
      touched.insert(trial->trial.study);
    } else if (const auto* round = std::get_if<study::PutRound>(&change)) {
      Put(*round);
    } else if (const auto* epochs = std::get_if<study::AppendEpochs>(&change)) {
      Put(*epochs);
    } else if (const auto* copy = std::get_if<study::CopyEpochs>(&change)) {
      Put(*copy);
    } else if (const auto* request = std::get_if<study::PutRequest>(&change)) {
      Put(*request);
    }
  }
  for (const std::int64_t id : touched) {
    CheckStudy(studies_.at(id));
    CheckRace(studies_.at(id));
  }
  for (const study::Change& change : batch) {
    const auto* put = std::get_if<study::PutTrial>(&change);
    if (put == nullptr) continue;
    const TrialEntry& trial = studies_.at(put->trial.study).trials.at(put->trial.number);
    Invariant(trial.row.epochs == std::ssize(trial.epochs), "a trial's row counts its epochs", "{}: {} of {}",
              trial.row.number, trial.row.epochs, trial.epochs.size());
  }
}

// A change that a client asked for is stored together with its request, and a request is stored once: so its
// effect comes once.
void Book::Put(const study::PutStudy& change, const study::Batch& batch) {
  const StudyRecord& row = change.study;
  const std::string verb = VerbIn(batch);
  const auto it = studies_.find(row.id);
  if (it == studies_.end()) {
    Invariant(verb == "create", "a study is created by a request, once", "{} in a batch to '{}'", row.name, verb);
    Invariant(Find(row.name) == nullptr, "a name has one study", "{} as {} too", row.name, row.id);
    studies_[row.id].row = row;
    return;
  }
  const StudyRecord& was = it->second.row;
  const auto asked = [&](const char* what, std::string_view one, std::string_view other = "") {
    Invariant(verb == one || verb == other, "a client's change is stored with its request",
              "study {} is {} in a batch to '{}'", row.name, what, verb);
  };
  const auto changed = [&](StudyState from, StudyState to) { return was.state == from && row.state == to; };
  if (changed(StudyState::kRunning, StudyState::kPaused)) asked("paused", "pause");
  if (changed(StudyState::kPaused, StudyState::kRunning) && !plans_.at(row.name).max_seconds) {
    asked("resumed", "resume", "stop");
  }
  if (was.state != row.state && row.state == StudyState::kCancelled) asked("cancelled", "cancel");
  if (!was.stopping && row.stopping && !row.reason.starts_with("limits.max_seconds")) asked("stopped", "stop");
  if (!was.extended_from && row.extended_from) {
    Invariant(verb.starts_with("extend"), "a client's change is stored with its request", "study {} is extended",
              row.name);
  }
  if (IsFinal(was.state)) {
    Invariant(row.extended_from == was.state && row.state == StudyState::kRunning,
              "a study that has ended goes on by an extension alone", "{} is {}", row.name, ToString(row.state));
  }
  Invariant(row.name == was.name && row.spec == was.spec && row.created_at == was.created_at,
            "a study keeps its name and its specification", "{}", row.name);
  Invariant(row.next_trial >= was.next_trial && row.planned_trials >= was.planned_trials,
            "a study's cursor goes forward", "{}: {} after {}", row.name, row.next_trial, was.next_trial);
  Invariant(was.data_hash.empty() || row.data_hash == was.data_hash, "a study keeps its data", "{}", row.name);
  Invariant(was.numerics_digest.empty() || row.numerics_digest == was.numerics_digest,
            "a study keeps its arithmetic", "{}", row.name);
  it->second.row = row;
}

void Book::Put(const study::PutRound& change) {
  StudyEntry& study = studies_.at(change.round.study);
  CheckRound(study, change.round);
  if (const std::uint64_t space = plans_.at(study.row.name).space; space != 0) {
    study.spaces.Open(Space::Of(space), study, change.round);
  }
  study.rounds.push_back(change.round);
}

void Book::Put(const study::PutTrial& change, bool leases) {
  StudyEntry& study = studies_.at(change.trial.study);
  const TrialRecord& row = change.trial;
  const auto it = study.trials.find(row.number);
  if (it == study.trials.end()) return Begin(study, row, leases);
  TrialEntry& trial = it->second;
  GoOn(study, trial, row, leases);
  if (row.epochs_planned > trial.row.epochs_planned && !study.row.extended_from) {
    went_on_[row.study].emplace_back(row.number, trial.row.epochs_planned);
  }
  --study.counts[trial.row.state];
  ++study.counts[row.state];
  if (row.attempt > trial.row.attempt) trial.holders.push_back(row.worker);
  if (IsFinal(row.state) || row.state == TrialState::kPaused) trial.ended.insert(row.attempt);
  trial.row = row;
}

const StudyEntry* Book::Named(const std::string& name) const {
  for (const auto& [id, study] : studies_) {
    if (study.row.name == name) return &study;
  }
  return nullptr;
}

// A row that was not there: of the next number, since a point is leased or taken over in its turn.
void Book::Begin(StudyEntry& study, const TrialRecord& row, bool leases) {
  const std::string name = fmt::format("{}/{}", study.row.name, row.number);
  Invariant(row.number == std::ssize(study.trials) + 1 && row.number <= study.row.planned_trials,
            "trials begin in their order, none left out", "{} after {} of {}", name, study.trials.size(),
            study.row.planned_trials);
  const StudyPlan& plan = plans_.at(study.row.name);
  if (plan.space != 0) study.spaces.Begin(Space::Of(plan.space), row);
  TrialEntry trial{.row = row, .point = PointOf(plan, row.parameters)};
  if (row.reused_from) {
    const auto source = study.trials.find(*row.reused_from);
    Invariant(source != study.trials.end() && source->second.row.parameters == row.parameters &&
                  source->second.row.state == row.state && source->second.row.objective == row.objective,
              "a trial is taken over from its equal", "{} from {}", name, *row.reused_from);
    trial.ended.insert(0);
  } else if (row.reused_elsewhere.trial > 0) {
    const StudyEntry* other = Named(row.reused_elsewhere.study);
    Invariant(other != nullptr && other->trials.contains(row.reused_elsewhere.trial) && other != &study,
              "a curve is taken over from a trial of another study", "{} from {}/{}", name,
              row.reused_elsewhere.study, row.reused_elsewhere.trial);
    const TrialEntry& source = other->trials.at(row.reused_elsewhere.trial);
    // It may be trained for longer by now.
    const bool whole = row.state == TrialState::kCompleted && row.epochs == row.epochs_planned;
    Invariant(source.row.epochs >= row.epochs && (whole || row.state == TrialState::kDiverged) &&
                  other->row.numerics_digest == study.row.numerics_digest,
              "a curve is taken over from the same training", "{} from {}/{}", name, other->row.name,
              source.row.number);
    trial.ended.insert(0);
  } else {
    Invariant(row.attempt == 1 && row.state == TrialState::kRunning && row.lost == 0,
              "a trial begins with its first lease", "{} is {} by attempt {}", name, ToString(row.state),
              row.attempt);
    Invariant(leases, "a study that is paused or ends leases nothing", "{}", name);
    trial.holders.push_back(row.worker);
    const auto equal = study.trained.find(row.parameters);
    const bool in_vain = equal == study.trained.end() ||
                         study.trials.at(equal->second).row.state == TrialState::kFailed ||
                         study.trials.at(equal->second).row.state == TrialState::kCancelled;
    Invariant(in_vain, "a point is trained once", "{}: {}", name, row.parameters);
    study.trained[row.parameters] = row.number;
  }
  Invariant(row.round == study.rounds.back().number, "a round begins when the one before has ended",
            "{} of round {} in round {}", name, row.round, study.rounds.back().number);
  ++study.counts[row.state];
  study.trials.emplace(row.number, std::move(trial));
}

void Book::GoOn(const StudyEntry& study, const TrialEntry& trial, const TrialRecord& row, bool leases) const {
  const TrialRecord& was = trial.row;
  const std::string name = fmt::format("{}/{}", study.row.name, row.number);
  Invariant(row.round == was.round && row.parameters == was.parameters && row.seed == was.seed &&
                row.reused_from == was.reused_from && row.reused_elsewhere == was.reused_elsewhere,
            "a trial keeps its point", "{}", name);
  const bool extended =
      study.row.extended_from && row.state == TrialState::kQueued && row.epochs_planned > was.epochs_planned;
  if (IsFinal(was.state)) {
    Invariant(extended, "a trial ends once", "{} is {} after {}", name, ToString(row.state), ToString(was.state));
  } else if (was.state == TrialState::kPaused && row.state == TrialState::kQueued) {
    Invariant(row.epochs_planned > was.epochs_planned, "a trial that is paused goes on to the next rung",
              "{}: {} of {}", name, row.epochs_planned, was.epochs_planned);
  } else {
    Invariant(row.epochs_planned == was.epochs_planned, "a trial keeps its length", "{}", name);
  }
  if (was.state == TrialState::kPaused) {
    Invariant(row.state == TrialState::kQueued || row.state == TrialState::kEarlyStopped,
              "what is paused goes on or has been stopped", "{}: {}", name, ToString(row.state));
  }
  const bool leased = was.state == TrialState::kQueued && row.state == TrialState::kRunning;
  Invariant(row.attempt == was.attempt + (leased ? 1 : 0), "an attempt is a lease, and grows by one",
            "{}: {} {} after {} {}", name, ToString(row.state), row.attempt, ToString(was.state), was.attempt);
  if (leased) {
    Invariant(leases, "a study that is paused or ends leases nothing", "{}", name);
  } else {
    Invariant(row.worker == was.worker, "an attempt keeps its worker", "{}: {} after {}", name, row.worker,
              was.worker);
  }
  const StudyPlan& plan = plans_.at(study.row.name);
  // One that was extended and is given up keeps the result that it had.
  const bool kept = study.row.extended_from.has_value() || row.reason.starts_with("extended to");
  const bool lost = row.lost == was.lost + 1 && was.state == TrialState::kRunning &&
                    row.state != TrialState::kRunning && (row.state != TrialState::kCompleted || kept);
  Invariant(row.lost == was.lost || lost || (extended && row.lost == 0), "a lease is lost once",
            "{}: {} after {}, {}", name, row.lost, was.lost, ToString(row.state));
  const bool given_up = row.state == TrialState::kFailed || !row.reason.empty();
  Invariant(row.lost < plan.max_attempts || (row.lost == plan.max_attempts && given_up && IsFinal(row.state)),
            "a trial is tried max_attempts times at most", "{}: lost {} times, {}", name, row.lost,
            ToString(row.state));
  if (row.state == TrialState::kFailed && row.reason.starts_with("lost or failed")) {
    Invariant(row.lost == plan.max_attempts, "a trial is tried max_attempts times", "{}: lost {} times", name,
              row.lost);
  }
  if (IsFinal(row.state)) CheckResult(study, trial, row);
}

void Book::Put(const study::AppendEpochs& change) {
  StudyEntry& study = studies_.at(change.study);
  TrialEntry& trial = study.trials.at(change.trial);
  const std::string name = fmt::format("{}/{}", study.row.name, change.trial);
  Invariant(trial.row.state == TrialState::kRunning && trial.row.attempt == change.attempt,
            "only the newest attempt writes", "{}: attempt {} where {} is {}", name, change.attempt,
            trial.row.attempt, ToString(trial.row.state));
  for (const study::EpochRecord& epoch : change.epochs) {
    Invariant(epoch.epoch == std::ssize(trial.epochs) + 1, "each epoch is stored once, in its order",
              "{}: epoch {} after {}", name, epoch.epoch, trial.epochs.size());
    Invariant(SameResult(epoch, Played(trial.point, epoch.epoch, study.row.numerics_digest)),
              "an epoch has the bits that training gave", "{}: epoch {}", name, epoch.epoch);
    trial.epochs.push_back(epoch);
  }
}

void Book::Put(const study::CopyEpochs& change) {
  StudyEntry& study = studies_.at(change.study);
  TrialEntry& to = study.trials.at(change.to);
  if (change.from_study != change.study) {
    const TrialEntry& from = studies_.at(change.from_study).trials.at(change.from);
    Invariant(to.row.reused_elsewhere.trial == change.from && to.epochs.empty() &&
                  to.row.epochs == change.epochs && std::ssize(from.epochs) >= change.epochs,
              "a curve is taken over from the trial that is named", "{}/{}", study.row.name, change.to);
    to.epochs.assign(from.epochs.begin(), from.epochs.begin() + change.epochs);
    for (const study::EpochRecord& epoch : to.epochs) {
      Invariant(SameResult(epoch, Played(to.point, epoch.epoch, study.row.numerics_digest)),
                "a curve that is taken over has the bits of training it", "{}/{} epoch {}", study.row.name,
                change.to, epoch.epoch);
    }
    return;
  }
  Invariant(to.row.reused_from == change.from && to.epochs.empty(), "a curve is taken over from the trial's equal",
            "{}/{} from {}", study.row.name, change.to, change.from);
  to.epochs = study.trials.at(change.from).epochs;
}

void Book::Put(const study::PutRequest& change) {
  Invariant(requests_.emplace(change.request_id, change.answer).second, "a request is carried out once", "{}",
            change.request_id);
}

void Book::CheckStudy(const StudyEntry& study) const {
  const auto count = [&](TrialState state) {
    const auto it = study.counts.find(state);
    return it == study.counts.end() ? 0 : it->second;
  };
  const StudyPlan& plan = plans_.at(study.row.name);
  const StudyState state = study.row.state;
  if (plan.max_parallel_trials) {
    Invariant(count(TrialState::kRunning) <= *plan.max_parallel_trials, "max_parallel_trials is kept",
              "{}: {} run, {} may", study.row.name, count(TrialState::kRunning), *plan.max_parallel_trials);
  }
  if (IsFinal(state)) {
    const std::int64_t open =
        count(TrialState::kRunning) + count(TrialState::kQueued) + count(TrialState::kPaused);
    Invariant(open == 0, "with a study its trials have ended", "{} is {}", study.row.name, ToString(state));
  }
  const bool too_many = count(TrialState::kFailed) > plan.max_failed_trials;
  Invariant(!too_many || IsFinal(state), "max_failed_trials is kept", "{}: {} failed, {} may", study.row.name,
            count(TrialState::kFailed), plan.max_failed_trials);
  if (state == StudyState::kFailed && study.row.reason.find("limits.max_failed_trials") != std::string::npos) {
    Invariant(too_many, "each failure counts once", "{}: {}", study.row.name, study.row.reason);
  }
  if (state == StudyState::kCompleted && !study.row.reason.starts_with("round ") &&
      study.row.finished_at.has_value()) {
    Invariant(std::ssize(study.trials) == study.row.planned_trials, "a study that is completed has every trial",
              "{}: {} of {}", study.row.name, study.trials.size(), study.row.planned_trials);
  }
}

// Behind a whole decision: who comes to a rung and who goes on from it stand in one batch.
void Book::CheckRace(const StudyEntry& study) const {
  const RaceKind race = RaceOf(plans_.at(study.row.name));
  if (race == RaceKind::kNone || study.row.extended_from) return;
  if (const auto went_on = went_on_.find(study.row.id); went_on != went_on_.end()) {
    for (const auto& [trial, rung] : went_on->second) CheckWentOn(study, race, trial, rung);
  }
  if (Leases(study.row)) CheckPaused(study, race);
}

std::string Describe(const StudyEntry& study) {
  std::string text = fmt::format("{} {} best {} planned {} next {}\n", ToString(study.row.state), study.row.reason,
                                 study.row.best_trial.value_or(0), study.row.planned_trials, study.row.next_trial);
  for (const study::RoundRecord& round : study.rounds) {
    text += fmt::format("round {} {} {} {}\n", round.number, round.first_trial, round.trials,
                        fmt::join(round.centres, " "));
  }
  for (const auto& [number, trial] : study.trials) {
    const TrialRecord& row = trial.row;
    text += fmt::format("{} {} {} {} {} {} {} of {} from {}\n", number, row.round, ToString(row.state),
                        row.parameters, row.objective.value_or(-1), row.best_epoch.value_or(0), row.epochs,
                        row.epochs_planned, row.reused_from.value_or(0));
    for (const study::EpochRecord& epoch : trial.epochs) {
      text += fmt::format(" {} {} {} {} {}\n", epoch.epoch, epoch.train_loss, epoch.train_error,
                          epoch.validation_loss, epoch.validation_error);
    }
  }
  return text;
}

}  // namespace hpsearch::simulation
