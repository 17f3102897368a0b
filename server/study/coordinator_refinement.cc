// One more round for a study that has ended.
#include <fmt/format.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <utility>

#include "server/model/json.h"
#include "server/study/coordinator_impl.h"

namespace hpsearch::study {
namespace {

absl::Status CheckRefining(const Refining& refining) {
  using search::Refinement;
  if (!refining.around.empty() && !refining.at.empty()) {
    return absl::InvalidArgumentError("trials to refine around, and a point: one of them is wanted");
  }
  if (std::ssize(refining.around) > Refinement::kMaxAround) {
    return absl::InvalidArgumentError(
        fmt::format("around: {} trials; at most {} are wanted", refining.around.size(), Refinement::kMaxAround));
  }
  if (refining.num && !Refinement::IsNum(*refining.num)) {
    return absl::InvalidArgumentError(fmt::format("num: {}; an odd number from {} to {} is wanted", *refining.num,
                                                  Refinement::kMinNum, Refinement::kMaxNum));
  }
  return absl::OkStatus();
}

// Another round under the same request_id is another request.
std::string Verb(const Refining& refining) {
  std::string verb = "refine";
  for (const std::int64_t trial : refining.around) verb += fmt::format(" around {}", trial);
  for (const auto& [name, value] : refining.at) verb += fmt::format(" at {}={}", name, model::ToJson(value));
  if (refining.num) verb += fmt::format(" num {}", *refining.num);
  return verb;
}

}  // namespace

absl::StatusOr<ActiveStudy*> Coordinator::Impl::Refine(const StudyRecord& record, const Refining& refining,
                                                       Decision& decision) {
  if (absl::Status status = CheckRefining(refining); !status.ok()) return status;
  absl::StatusOr<std::shared_ptr<const StudySpec>> spec = ReadSpec(record.spec);
  if (!spec.ok()) return spec.status();
  ActiveStudy::NewRound round{.at = refining.at, .num = refining.num};
  for (const std::int64_t number : refining.around) {
    absl::StatusOr<TrialRecord> trial = store_.FindTrial(record.id, number);
    if (absl::IsNotFound(trial.status())) {
      return absl::NotFoundError(fmt::format("study {} has no trial {}", record.name, number));
    }
    if (!trial.ok()) return trial.status();
    round.around.push_back(*std::move(trial));
  }
  absl::StatusOr<StoredStudy> stored = store_.LoadStudy(record.id, {});
  if (!stored.ok()) return stored.status();
  const absl::StatusOr<std::vector<TrialRecord>> best =
      store_.BestTrials(record.id, record.direction == "minimize", ActiveStudy::Around(**spec));
  if (!best.ok()) return best.status();
  absl::StatusOr<std::unique_ptr<ActiveStudy>> study =
      ActiveStudy::Refine(*std::move(stored), *spec, *best, round, store_, clock_.Wall(), decision);
  if (!study.ok()) return study.status();
  if (absl::Status recalled = (*study)->Recall(store_); !recalled.ok()) return recalled;
  names_.emplace(record.name, record.id);
  ActiveStudy* added = studies_.emplace(record.id, *std::move(study)).first->second.get();
  // What cannot be read now, is trained. An error would leave behind what is not to be stored.
  if (absl::Status met = Introduce(*added); !met.ok()) spdlog::warn("{}", std::string(met.message()));
  return added;
}

void Coordinator::Impl::RefineStudy(const std::string& request_id, const std::string& name,
                                    const Refining& refining, Reply<StudyAnswer> reply) {
  Request(
      request_id, Verb(refining), name, std::move(reply),
      [&](const StudyRecord& record, Decision& decision) -> absl::StatusOr<StudyRecord> {
        if (record.state != StudyState::kCompleted && record.state != StudyState::kStopped) {
          return absl::FailedPreconditionError(fmt::format(
              "study {} is {}: one that is COMPLETED or STOPPED can be refined", name, ToString(record.state)));
        }
        if (Active(name) != nullptr) {
          return absl::UnavailableError(fmt::format("study {} is just ending; try again", name));
        }
        Decision round;
        const absl::StatusOr<ActiveStudy*> study = Refine(record, refining, round);
        if (!study.ok()) return study.status();
        decision = std::move(round);
        // Nothing of the round is leased before it is stored.
        decision.Then([this, id = record.id] { GoOn(id); });
        return (*study)->record();
      });
}

}  // namespace hpsearch::study
