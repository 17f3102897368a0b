// A study::Store in memory. A batch is committed as soon as it is handed over, or, after Hold, when the test says
// so; `done` is posted to the strand, as SqliteStore does it. The rows outlive any coordinator over them: a crash
// is DropWaiting and a new coordinator.
//
// Threads: the test's own.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "server/study/store.h"
#include "server/study/strand.h"

namespace hpsearch::testing {

class MemoryStore : public study::Store {
 public:
  using TrialKey = std::pair<std::int64_t, std::int64_t>;  // study, trial

  explicit MemoryStore(study::Strand& strand) : strand_(strand) {}

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

  // Batches wait from now on.
  void Hold() { holding_ = true; }
  // Commits the oldest batch that waits; false: none does.
  bool CommitOne();
  // Commits all that wait, and holds no more.
  void Release();
  // As a damaged file would.
  void ForgetEarlier(std::int64_t study) { earlier_.erase(study); }
  // Forgets what waits, as a crash would; holds no more.
  void DropWaiting();
  // The next batch to be committed fails so, and with it all that are under way.
  void FailNext(absl::Status status) { fail_next_ = std::move(status); }
  // Is shown every batch that has just been committed, before anybody is told.
  void OnCommitted(std::function<void(const study::Batch&)> see) { committed_ = std::move(see); }
  // While set, every read fails so.
  void FailReads(absl::Status status) { reads_ = std::move(status); }
  // Of the reads and commits from now on, those behind the first `after` fail, `times` of them.
  void FailCalls(int after, int times) { sound_calls_ = after, failing_calls_ = times; }
  int failing_calls() const { return failing_calls_; }  // that are still to come

  std::size_t waiting() const { return waiting_.size(); }
  std::int64_t commits() const { return commits_; }
  std::size_t largest_batch() const { return largest_batch_; }  // changes in one
  std::int64_t curves_read() const { return curves_read_; }
  // By one batch, as its changes say.
  std::int64_t most_epochs_copied() const { return most_epochs_copied_; }
  const std::map<std::int64_t, study::StudyRecord>& studies() const { return studies_; }  // by id
  const std::map<TrialKey, study::TrialRecord>& trials() const { return trials_; }
  const std::vector<study::RoundRecord>& rounds() const { return rounds_; }
  const std::map<std::string, study::WorkerRecord>& workers() const { return workers_; }
  // By epoch.
  std::map<std::int64_t, study::EpochRecord> Epochs(std::int64_t study, std::int64_t trial) const;

 private:
  study::StoredStudy Stored(const study::StudyRecord& record) const;  // all but its open trials
  study::StoredStudy::Open Open(const study::TrialRecord& trial) const;
  struct Waiting {
    study::Batch batch;
    std::function<void(absl::Status)> done;
  };
  using Undo = std::vector<std::function<void()>>;

  // Why the read that is made now fails.
  absl::Status Reading();
  bool CallFails();
  void CommitNow(Waiting waiting);
  void Finish(std::function<void(absl::Status)> done, absl::Status status);
  absl::Status ApplyAll(const study::Batch& batch);
  absl::Status Apply(const study::PutStudy& change, Undo& undo);
  absl::Status Apply(const study::PutRound& change, Undo& undo);
  absl::Status Apply(const study::CutRound& change, Undo& undo);
  absl::Status Apply(const study::PutEarlier& change, Undo& undo);
  absl::Status Apply(const study::PutTrial& change, Undo& undo);
  absl::Status Apply(const study::AppendEpochs& change, Undo& undo);
  absl::Status Apply(const study::CopyEpochs& change, Undo& undo);
  absl::Status Apply(const study::PutRequest& change, Undo& undo);
  absl::Status Apply(const study::PutWorker& change, Undo& undo);
  absl::Status Apply(const study::ForgetWorker& change, Undo& undo);

  study::Strand& strand_;
  bool holding_ = false;
  std::deque<Waiting> waiting_;
  std::optional<absl::Status> fail_next_;
  std::optional<absl::Status> failing_;  // from a failed commit until its `done` has run
  absl::Status reads_;
  int sound_calls_ = 0, failing_calls_ = 0;
  std::function<void(const study::Batch&)> committed_;
  std::int64_t commits_ = 0, curves_read_ = 0;
  std::size_t largest_batch_ = 0;
  std::int64_t most_epochs_copied_ = 0;

  std::map<std::int64_t, study::StudyRecord> studies_;
  std::vector<study::RoundRecord> rounds_;
  std::map<TrialKey, study::TrialRecord> trials_;
  std::map<TrialKey, std::map<std::int64_t, study::EpochRecord>> epochs_;
  std::map<std::int64_t, std::vector<study::EarlierResult>> earlier_;
  std::map<std::string, std::string> requests_;
  std::map<std::string, study::WorkerRecord> workers_;
};

}  // namespace hpsearch::testing
