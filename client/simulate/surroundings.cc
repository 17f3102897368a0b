#include "client/simulate/surroundings.h"

#include <algorithm>
#include <iterator>
#include <variant>

#include "absl/status/status.h"

namespace hpsearch::simulate {

void LoopStrand::Run() {
  while (!tasks_.empty()) {
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
}

void BriefStore::Commit(study::Batch batch, std::function<void(absl::Status)> done) {
  for (study::Change& change : batch) {
    if (auto* study = std::get_if<study::PutStudy>(&change)) study_ = std::move(study->study);
    if (auto* trial = std::get_if<study::PutTrial>(&change)) {
      trials_.insert_or_assign(trial->trial.number, std::move(trial->trial));
    }
    if (auto* append = std::get_if<study::AppendEpochs>(&change)) {
      std::ranges::move(append->epochs, std::back_inserter(curves_[append->trial]));
    }
    if (const auto* copy = std::get_if<study::CopyEpochs>(&change)) {
      const std::vector<study::EpochRecord>& from = curves_[copy->from];
      curves_[copy->to].assign(from.begin(),
                               from.begin() + std::min<std::ptrdiff_t>(copy->epochs, std::ssize(from)));
    }
  }
  strand_.Post([done = std::move(done)] { done(absl::OkStatus()); });
}

absl::StatusOr<std::vector<study::StoredStudy>> BriefStore::LoadOpenStudies() {
  return std::vector<study::StoredStudy>();
}

absl::StatusOr<study::StoredStudy> BriefStore::LoadStudy(std::int64_t /*study*/,
                                                         const std::vector<std::int64_t>& /*trials*/) {
  return absl::NotFoundError("nothing is kept to go on from");
}

absl::StatusOr<study::StudyRecord> BriefStore::FindStudy(const std::string& name) {
  if (study_.name == name) return study_;
  return absl::NotFoundError("no study " + name);
}

absl::StatusOr<std::string> BriefStore::FindRequest(const std::string& request_id) {
  return absl::NotFoundError("no request " + request_id);
}

absl::StatusOr<study::TrialRecord> BriefStore::FindTrial(std::int64_t /*study*/, std::int64_t trial) {
  const auto found = trials_.find(trial);
  if (found == trials_.end()) return absl::NotFoundError("no such trial");
  return found->second;
}

// Of other studies, which there are none of; of its own the coordinator knows by the point.
absl::StatusOr<std::vector<study::TrialRecord>> BriefStore::TrainedAs(const std::string& /*key*/) {
  return std::vector<study::TrialRecord>();
}

absl::StatusOr<study::StudyRecord> BriefStore::FindStudyOf(std::int64_t /*id*/) { return study_; }

absl::StatusOr<std::vector<study::EpochRecord>> BriefStore::ReadCurve(std::int64_t /*study*/, std::int64_t trial) {
  return curves_[trial];
}

absl::StatusOr<std::vector<study::TrialRecord>> BriefStore::BestTrials(std::int64_t /*study*/, bool /*minimize*/,
                                                                       std::int64_t /*limit*/) {
  return std::vector<study::TrialRecord>();  // asked for at a restart alone
}

absl::StatusOr<study::RankedPoints> BriefStore::BestPoints(const study::StudyRecord& /*study*/,
                                                           std::int64_t /*replicates*/, std::int64_t limit) {
  return study::RankedPoints(/*minimize=*/true, limit);  // likewise
}

}  // namespace hpsearch::simulate
