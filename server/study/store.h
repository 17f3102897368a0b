// The port through which the coordinator remembers. One Batch is one decision's worth of changes, all of them or
// none. store::SqliteStore implements it over a file, tests over memory; one conformance suite
// (tests/server/study/store_contract.h) runs over every implementation.
//
// Threads: all methods are called on the coordinator's strand; `done` is called on it too, in the order of the
// commits, and never from within Commit. Ownership: the store outlives the coordinator.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/study/records.h"
#include "server/study/replicates.h"

namespace hpsearch::study {

// Inserts or replaces by id; a name that another id has: ALREADY_EXISTS. Comes with most leases; a study's id,
// name and spec never change, so that replacing may leave them as they are.
struct PutStudy {
  StudyRecord study;
};
// Inserts; one that is there: ALREADY_EXISTS.
struct PutRound {
  RoundRecord round;
};
// The round ends behind so many of its trials: it was stopped, and another one follows. NOT_FOUND: there is no
// such round.
struct CutRound {
  std::int64_t study = 0;
  int number = 1;
  std::int64_t trials = 0;
};
// The results of earlier studies that a study begins with, in their order. Once, where it is made: ALREADY_EXISTS
// else.
struct PutEarlier {
  std::int64_t study = 0;
  std::vector<EarlierResult> results;
};
// Inserts or replaces by (study, number); a lower attempt than the one stored is a stale lease:
// FAILED_PRECONDITION.
struct PutTrial {
  TrialRecord trial;
};
// Appends epochs of one attempt. The attempt must be the one stored with the trial (FAILED_PRECONDITION else), in
// the same transaction. An epoch that is there must have the same bits, but for `seconds` and `reported_at`
// (ABORTED else), and is left as it is.
struct AppendEpochs {
  std::int64_t study = 0, trial = 0, attempt = 0;
  std::vector<EpochRecord> epochs;
};
// Gives `to` the first `epochs` epochs of `from`, which may be a trial of another study.
struct CopyEpochs {
  std::int64_t study = 0, from = 0, to = 0;
  std::int64_t epochs = 0;
  std::int64_t from_study = study;
};
// Remembers that a request was carried out and with what answer, so that repeating it returns the first one. An id
// that is there: ALREADY_EXISTS.
struct PutRequest {
  std::string request_id;
  std::string answer;
};
// Inserts or replaces by name.
struct PutWorker {
  WorkerRecord worker;
};

// Removes; one that is not there is no error. Trials keep its name.
struct ForgetWorker {
  std::string name;
};

using Change = std::variant<PutStudy, PutRound, CutRound, PutEarlier, PutTrial, AppendEpochs, CopyEpochs,
                            PutRequest, PutWorker, ForgetWorker>;
using Batch = std::vector<Change>;

// All that a coordinator needs to go on with a study.
struct StoredStudy {
  StudyRecord study;
  std::vector<RoundRecord> rounds;  // by number
  // Trials in no final state (leased, or queued again), with the epochs that they have reported.
  struct Open {
    TrialRecord trial;
    std::vector<EpochRecord> epochs;
  };
  std::vector<Open> open;
  std::vector<std::pair<TrialState, std::int64_t>> counts;  // rows by state
  std::int64_t failed_of_round = 0;                         // FAILED ones of the last round
  std::vector<TrialRecord> chosen;                          // whose points a strategy chose, by number
  std::vector<EarlierResult> earlier;                       // as they were put
};

class Store {
 public:
  virtual ~Store() = default;

  // Makes a batch durable; `done` says so, or why not. Batches handed over while one is being committed go into
  // the next transaction together (group commit). After a failure every batch that was handed over before `done`
  // told of it fails too (UNAVAILABLE): it was decided on what did not come to be. The codes: what a change says
  // above, of the batch that has it; UNAVAILABLE (disk full, file held), INTERNAL of the file.
  virtual void Commit(Batch batch, std::function<void(absl::Status)> done) = 0;

  // Reads of what is committed. UNAVAILABLE or INTERNAL as the file gives cause.
  virtual absl::StatusOr<std::vector<StoredStudy>> LoadOpenStudies() = 0;
  // A study whatever its state, with these of its trials as the open ones, whatever theirs. NOT_FOUND: there is no
  // such study or trial.
  virtual absl::StatusOr<StoredStudy> LoadStudy(std::int64_t study, const std::vector<std::int64_t>& trials) = 0;
  // NOT_FOUND: no study of that name.
  virtual absl::StatusOr<StudyRecord> FindStudy(const std::string& name) = 0;
  // NOT_FOUND: no request of that id was carried out.
  virtual absl::StatusOr<std::string> FindRequest(const std::string& request_id) = 0;
  // NOT_FOUND: the trial has no row.
  virtual absl::StatusOr<TrialRecord> FindTrial(std::int64_t study, std::int64_t trial) = 0;
  // Trials of any study that have a curve of their own for that key (not empty): those with most epochs first, at
  // most a few. COMPLETED, or DIVERGED.
  virtual absl::StatusOr<std::vector<TrialRecord>> TrainedAs(const std::string& key) = 0;
  // Whether another study than that one has begun with its numerics and content, or may have one in common with
  // it, since one of them is of several data sets: else no trial of another one has a key of its.
  virtual absl::StatusOr<bool> HasLike(const StudyRecord& study) = 0;
  virtual absl::StatusOr<StudyRecord> FindStudyOf(std::int64_t id) = 0;  // NOT_FOUND: there is none
  // By epoch.
  virtual absl::StatusOr<std::vector<EpochRecord>> ReadCurve(std::int64_t study, std::int64_t trial) = 0;
  // The best trials (COMPLETED or EARLY_STOPPED, with a curve of their own: `reused_from` null, or leased to go on
  // from it), best first, ties to the lower number; at most `limit`.
  virtual absl::StatusOr<std::vector<TrialRecord>> BestTrials(std::int64_t study, bool minimize,
                                                              std::int64_t limit) = 0;
  // The same of points with so many trials each, as PointRanking has them; while trials are extended, those count
  // with the result that they have so far. Costs grow with the number of trials.
  virtual absl::StatusOr<RankedPoints> BestPoints(const StudyRecord& study, std::int64_t replicates,
                                                  std::int64_t limit) = 0;
  virtual absl::StatusOr<std::int64_t> LastStudyId() = 0;  // 0: none
  // All workers that were put and not forgotten, by name.
  virtual absl::StatusOr<std::vector<WorkerRecord>> LoadWorkers() = 0;
};

}  // namespace hpsearch::study
