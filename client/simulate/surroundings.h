// What a coordinator lives among, for one simulated study: a strand that is run by hand, a clock that stands
// still, and a store that remembers no more than a coordinator without restarts asks for. Nothing in it fails, and
// nothing waits.
//
// One thread. No errors but NOT_FOUND of the store.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "server/study/store.h"
#include "server/study/strand.h"

namespace hpsearch::simulate {

class LoopStrand : public study::Strand {
 public:
  void Post(std::function<void()> task) override { tasks_.push_back(std::move(task)); }
  // Until none is left, those that they post included.
  void Run();

 private:
  std::deque<std::function<void()>> tasks_;
};

class StillClock : public study::Clock {
 public:
  study::Micros Wall() const override { return 0; }
  study::Micros Monotonic() const override { return 0; }
};

// The study, its trials and their curves. Everything is committed when it is handed
// over.
class BriefStore : public study::Store {
 public:
  explicit BriefStore(LoopStrand& strand) : strand_(strand) {}

  void Commit(study::Batch batch, std::function<void(absl::Status)> done) override;
  absl::StatusOr<std::vector<study::StoredStudy>> LoadOpenStudies() override;
  absl::StatusOr<study::StoredStudy> LoadStudy(std::int64_t study,
                                               const std::vector<std::int64_t>& trials) override;
  absl::StatusOr<study::StudyRecord> FindStudy(const std::string& name) override;
  absl::StatusOr<std::string> FindRequest(const std::string& request_id) override;
  absl::StatusOr<study::TrialRecord> FindTrial(std::int64_t study, std::int64_t trial) override;
  absl::StatusOr<std::vector<study::TrialRecord>> BestTrials(std::int64_t study, bool minimize,
                                                             std::int64_t limit) override;
  absl::StatusOr<study::RankedPoints> BestPoints(const study::StudyRecord& study, std::int64_t replicates,
                                                 std::int64_t limit) override;
  absl::StatusOr<std::vector<study::TrialRecord>> TrainedAs(const std::string& key) override;
  absl::StatusOr<bool> HasLike(const study::StudyRecord& /*study*/) override { return false; }
  absl::StatusOr<study::StudyRecord> FindStudyOf(std::int64_t id) override;
  absl::StatusOr<std::vector<study::EpochRecord>> ReadCurve(std::int64_t study, std::int64_t trial) override;
  absl::StatusOr<std::int64_t> LastStudyId() override { return 0; }
  absl::StatusOr<std::vector<study::WorkerRecord>> LoadWorkers() override {
    return std::vector<study::WorkerRecord>();
  }

  const study::StudyRecord& study() const { return study_; }
  std::int64_t trials() const { return std::ssize(trials_); }

 private:
  LoopStrand& strand_;
  study::StudyRecord study_;
  std::map<std::int64_t, study::TrialRecord> trials_;
  std::map<std::int64_t, std::vector<study::EpochRecord>> curves_;
};

}  // namespace hpsearch::simulate
