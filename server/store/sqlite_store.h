// The store port over one SQLite file: STRICT tables, numbered migrations, WAL, synchronous=FULL. One thread owns
// the only connection that writes and checkpoints; batches that wait are committed together (group commit).
//
// Ownership: holds a lock on FILE.lock for its life; a second store on the file is refused with the holder's pid.
// Threads: Commit and the reads on the coordinator's strand; `done` is posted to it.
// Errors of Open: ABORTED (another process has the file), FAILED_PRECONDITION (a foreign, damaged or newer file),
// PERMISSION_DENIED (the folder may not be written), UNAVAILABLE (cannot be opened or written). A failed batch:
// ALREADY_EXISTS, FAILED_PRECONDITION, ABORTED as study/store.h has it; UNAVAILABLE for a full disk; a failed sync
// ends the process, since what is on the disk is then unknown.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "server/study/store.h"
#include "server/study/strand.h"

namespace hpsearch::store {

class SqliteStore : public study::Store {
 public:
  // Creates the file where there is none.
  static absl::StatusOr<std::unique_ptr<SqliteStore>> Open(const std::string& path, study::Strand& strand);
  ~SqliteStore() override;  // commits what was handed over, then closes

  void Commit(study::Batch batch, std::function<void(absl::Status)> done) override;
  absl::StatusOr<std::vector<study::StoredStudy>> LoadOpenStudies() override;
  absl::StatusOr<study::StoredStudy> LoadStudy(std::int64_t study,
                                               const std::vector<std::int64_t>& trials) override;
  absl::StatusOr<study::StudyRecord> FindStudy(const std::string& name) override;
  absl::StatusOr<std::string> FindRequest(const std::string& request_id) override;
  absl::StatusOr<study::TrialRecord> FindTrial(std::int64_t study, std::int64_t trial) override;
  absl::StatusOr<std::vector<study::TrialRecord>> TrainedAs(const std::string& key) override;
  absl::StatusOr<bool> HasLike(const study::StudyRecord& study) override;
  absl::StatusOr<study::StudyRecord> FindStudyOf(std::int64_t id) override;
  absl::StatusOr<std::vector<study::EpochRecord>> ReadCurve(std::int64_t study, std::int64_t trial) override;
  absl::StatusOr<std::vector<study::TrialRecord>> BestTrials(std::int64_t study, bool minimize,
                                                             std::int64_t limit) override;
  absl::StatusOr<study::RankedPoints> BestPoints(const study::StudyRecord& study, std::int64_t replicates,
                                                 std::int64_t limit) override;
  absl::StatusOr<std::int64_t> LastStudyId() override;
  absl::StatusOr<std::vector<study::WorkerRecord>> LoadWorkers() override;

 private:
  class Impl;
  explicit SqliteStore(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::store
