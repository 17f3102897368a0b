// The store of a simulated server: rows in memory behind a disk that takes its time, fills up, and loses what was
// not synced when the process dies. Commits go in groups, as store::GroupCommit has them: those that wait while
// one is under way make the next.
//
// Threads: the world's. Ownership: the world's, which shows the auditor what passes; the rows outlive the server's
// processes. Errors: UNAVAILABLE while it is full or cannot be read.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/auditor.h"
#include "tests/simulation/nature.h"
#include "tests/support/memory_store.h"

namespace hpsearch::simulation {

class Disk : public study::Store {
 public:
  Disk(Nature& nature, Auditor& auditor, study::Strand& strand, double commit_seconds);

  void Commit(study::Batch batch, std::function<void(absl::Status)> done) override;
  absl::StatusOr<std::vector<study::StoredStudy>> LoadOpenStudies() override;
  absl::StatusOr<study::StoredStudy> LoadStudy(std::int64_t study,
                                               const std::vector<std::int64_t>& trials) override {
    return rows_.LoadStudy(study, trials);
  }
  absl::StatusOr<study::StudyRecord> FindStudy(const std::string& name) override { return rows_.FindStudy(name); }
  absl::StatusOr<std::string> FindRequest(const std::string& request_id) override {
    return rows_.FindRequest(request_id);
  }
  absl::StatusOr<study::TrialRecord> FindTrial(std::int64_t study, std::int64_t trial) override {
    return rows_.FindTrial(study, trial);
  }
  absl::StatusOr<std::vector<study::TrialRecord>> TrainedAs(const std::string& key) override {
    return rows_.TrainedAs(key);
  }
  absl::StatusOr<bool> HasLike(const study::StudyRecord& study) override { return rows_.HasLike(study); }
  absl::StatusOr<study::StudyRecord> FindStudyOf(std::int64_t id) override { return rows_.FindStudyOf(id); }
  absl::StatusOr<std::vector<study::EpochRecord>> ReadCurve(std::int64_t study, std::int64_t trial) override {
    return rows_.ReadCurve(study, trial);
  }
  absl::StatusOr<std::vector<study::TrialRecord>> BestTrials(std::int64_t study, bool minimize,
                                                             std::int64_t limit) override {
    return rows_.BestTrials(study, minimize, limit);
  }
  absl::StatusOr<study::RankedPoints> BestPoints(const study::StudyRecord& study, std::int64_t replicates,
                                                 std::int64_t limit) override {
    return rows_.BestPoints(study, replicates, limit);
  }
  absl::StatusOr<std::int64_t> LastStudyId() override { return rows_.LastStudyId(); }
  absl::StatusOr<std::vector<study::WorkerRecord>> LoadWorkers() override { return rows_.LoadWorkers(); }

  // What is there of the study is what was made durable, all of it.
  void CheckAgainst(const StudyEntry& study);

  // Faults. Each lasts until it is taken back.
  void SetFull(bool full) { full_ = full; }
  void SetUnreadable(bool unreadable);
  void FailOnce() { fail_once_ = true; }  // the next group
  void Stall(Micros until) { stalled_until_ = std::max(stalled_until_, until); }

  // The server's process has died: what was not committed is lost, but a group that was under way may be there,
  // though nobody was told.
  void Crash();
  // The server ends in order: all that was handed over is committed.
  void Finish();

 private:
  void Begin();
  void End();
  // Commits what waits, up to so many batches.
  void Write(std::size_t batches);

  Nature& nature_;
  Auditor& auditor_;
  const double commit_seconds_;
  testing::MemoryStore rows_;
  std::size_t under_way_ = 0;  // batches in the group that is being synced
  std::int64_t life_ = 0;      // grows with each crash: events of an earlier one are void
  std::int64_t era_ = 0;       // grows with each failure
  Micros stalled_until_ = 0;
  bool full_ = false, fail_once_ = false;
};

}  // namespace hpsearch::simulation
