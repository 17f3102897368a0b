// More epochs for trials of a study that has ended.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "server/model/schedule.h"
#include "server/model/training.h"
#include "server/study/coordinator_impl.h"

namespace hpsearch::study {
namespace {

// They are held in memory until they are trained.
constexpr std::int64_t kMostExtended = 10'000;
constexpr std::int64_t kMostEpochsHeld = 500'000;  // in the curves that they have
constexpr std::int64_t kMostEpochs = 1'000'000'000;

absl::Status CheckExtension(const Extension& extension) {
  if (extension.epochs < 1 || extension.epochs > kMostEpochs) {
    return absl::InvalidArgumentError(
        fmt::format("epochs: {}; the new total is wanted, from 1 to {}", extension.epochs, kMostEpochs));
  }
  if (extension.trial && extension.best) {
    return absl::InvalidArgumentError("a trial and the best so many: one of them is wanted");
  }
  if (extension.best && (*extension.best < 1 || *extension.best > kMostExtended)) {
    return absl::InvalidArgumentError(fmt::format("best: {}; 1 to {} is wanted", *extension.best, kMostExtended));
  }
  return absl::OkStatus();
}

absl::Status CheckTrial(const StudyRecord& study, const TrialRecord& trial) {
  const auto wrong = [&](const std::string& what) {
    return absl::FailedPreconditionError(fmt::format("trial {}/{} {}", study.name, trial.number, what));
  };
  if (IsCopy(trial)) {
    return wrong(fmt::format("has the curve of trial {}: extend that one", *trial.reused_from));
  }
  if (trial.state == TrialState::kCompleted || trial.state == TrialState::kEarlyStopped) return absl::OkStatus();
  return wrong(fmt::format("is {}: there is nothing to go on from", ToString(trial.state)));
}

// A schedule that comes to an end is as long as it was said to be: a longer training would be another one.
absl::Status CheckSchedule(const StudySpec& spec, const TrialRecord& trial, std::int64_t epochs) {
  const absl::StatusOr<TrialPlan> plan = PlanOf(spec, trial.parameters);
  if (!plan.ok()) return plan.status();
  model::Faults faults;
  const model::Training training = model::ReadTraining(plan->training, faults);
  if (absl::Status status = model::ToStatus(faults); !status.ok()) return status;
  if (!training.schedule) return absl::OkStatus();
  const std::optional<std::int64_t> end = model::EndOf(*training.schedule, training.epochs);
  if (!end || epochs <= *end) return absl::OkStatus();
  return absl::FailedPreconditionError(fmt::format(
      "training.schedule of trial {} ends with epoch {}; {} epochs are another training: a schedule with "
      "more epochs, or none that ends, is wanted",
      trial.number, *end, epochs));
}

// The trials with a curve of their own of these points. Replicates are extended together: the mean is over
// trainings of one length.
absl::StatusOr<std::vector<TrialRecord>> TrialsOf(Store& store, std::int64_t study, std::int64_t replicates,
                                                  const std::vector<std::int64_t>& first) {
  std::vector<TrialRecord> trials;
  for (const std::int64_t point : first) {
    for (std::int64_t number = point; number < point + replicates; ++number) {
      absl::StatusOr<TrialRecord> trial = store.FindTrial(study, number);
      if (absl::IsNotFound(trial.status())) continue;  // it never began
      if (!trial.ok()) return trial.status();
      const bool trained = trial->state == TrialState::kCompleted || trial->state == TrialState::kEarlyStopped;
      if (trained && !IsCopy(*trial)) trials.push_back(*std::move(trial));
    }
  }
  return trials;
}

}  // namespace

absl::StatusOr<std::vector<TrialRecord>> Coordinator::Impl::ToExtend(const StudyRecord& record,
                                                                     const StudySpec& spec,
                                                                     const Extension& extension) {
  const bool replicated = spec.replicates() > 1;
  if (extension.trial) {
    absl::StatusOr<TrialRecord> trial = store_.FindTrial(record.id, *extension.trial);
    if (!trial.ok()) return trial.status();
    if (absl::Status status = CheckTrial(record, *trial); !status.ok()) return status;
    if (!replicated) return std::vector<TrialRecord>{*std::move(trial)};
    return TrialsOf(store_, record.id, spec.replicates(), {trial->number - trial->replicate});
  }
  if (!replicated || !extension.best) {
    return store_.BestTrials(record.id, record.direction == "minimize",
                             extension.best.value_or(kMostExtended + 1));
  }
  const absl::StatusOr<RankedPoints> best = store_.BestPoints(record, spec.replicates(), *extension.best);
  if (!best.ok()) return best.status();
  std::vector<std::int64_t> first;
  for (const PointResult& point : best->all()) first.push_back(point.first);
  return TrialsOf(store_, record.id, spec.replicates(), first);
}

absl::StatusOr<ActiveStudy*> Coordinator::Impl::Extend(const StudyRecord& record, const Extension& extension,
                                                       Decision& decision) {
  if (absl::Status status = CheckExtension(extension); !status.ok()) return status;
  absl::StatusOr<std::shared_ptr<const StudySpec>> spec = ReadSpec(record.spec);
  if (!spec.ok()) return spec.status();
  const bool minimize = record.direction == "minimize";
  absl::StatusOr<std::vector<TrialRecord>> chosen = ToExtend(record, **spec, extension);
  if (!chosen.ok()) return chosen.status();
  if (std::ssize(*chosen) > kMostExtended) {
    return absl::FailedPreconditionError(fmt::format(
        "study {} has more than {} trials to extend; the best so many are wanted", record.name, kMostExtended));
  }
  std::erase_if(*chosen, [&](const TrialRecord& trial) { return trial.epochs >= extension.epochs; });
  if (chosen->empty()) {
    return absl::FailedPreconditionError(
        fmt::format("no trial of study {} has fewer than {} epochs and can go on", record.name, extension.epochs));
  }
  std::ranges::sort(*chosen, {}, &TrialRecord::number);
  std::int64_t held = 0;
  for (const TrialRecord& trial : *chosen) held += trial.epochs;
  if (held > kMostEpochsHeld) {
    return absl::FailedPreconditionError(fmt::format(
        "the trials of study {} to extend have {} epochs, more than {} are gone on with at once; the best so "
        "many are wanted",
        record.name, held, kMostEpochsHeld));
  }
  std::vector<std::int64_t> numbers;
  for (const TrialRecord& trial : *chosen) {
    if (absl::Status status = CheckSchedule(**spec, trial, extension.epochs); !status.ok()) return status;
    numbers.push_back(trial.number);
  }
  absl::StatusOr<StoredStudy> stored = store_.LoadStudy(record.id, numbers);
  if (!stored.ok()) return stored.status();
  const absl::StatusOr<std::vector<TrialRecord>> best =
      store_.BestTrials(record.id, minimize, ActiveStudy::Around(**spec) + std::ssize(numbers));
  if (!best.ok()) return best.status();
  absl::StatusOr<std::unique_ptr<ActiveStudy>> study =
      ActiveStudy::Extend(*std::move(stored), *spec, *best, extension.epochs, decision);
  if (!study.ok()) return study.status();
  if (absl::Status status = (*study)->RecallPoints(store_); !status.ok()) return status;
  names_.emplace(record.name, record.id);
  return studies_.emplace(record.id, *std::move(study)).first->second.get();
}

void Coordinator::Impl::ExtendStudy(const std::string& request_id, const std::string& name,
                                    const Extension& extension, Reply<StudyAnswer> reply) {
  // Another extension under the same request_id is another request.
  const std::string verb = fmt::format("extend to {} epochs trial {} of the best {} of", extension.epochs,
                                       extension.trial.value_or(0), extension.best.value_or(0));
  Request(
      request_id, verb, name, std::move(reply),
      [&](const StudyRecord& record, Decision& decision) -> absl::StatusOr<StudyRecord> {
        if (record.state != StudyState::kCompleted && record.state != StudyState::kStopped) {
          return absl::FailedPreconditionError(fmt::format(
              "study {} is {}: one that is COMPLETED or STOPPED can be extended", name, ToString(record.state)));
        }
        if (Active(name) != nullptr) {
          return absl::UnavailableError(fmt::format("study {} is just ending; try again", name));
        }
        const absl::StatusOr<ActiveStudy*> study = Extend(record, extension, decision);
        if (!study.ok()) return study.status();
        Settle(**study, decision);
        Dispatch(decision);
        return (*study)->record();
      });
}

}  // namespace hpsearch::study
