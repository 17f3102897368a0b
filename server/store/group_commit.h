// Group commit: batches queue up, and one thread takes all that wait into one transaction, so that many
// acknowledgements share one sync. Each batch is a savepoint in it: all of its changes or none.
//
// Promise: `done(OK)` comes after the sync that made the batch durable; the `done`s come in the order of the
// commits. The first batch that fails is rolled back, those before it are committed, and every batch that was
// handed over before the strand was told of the failure fails with it (UNAVAILABLE), since it was decided on a
// state that never was. A full or failing disk fails the whole group; a failed sync ends the process.
//
// It cannot: commit again what failed, or wait for a batch; the caller hears of each by its `done`.
//
// Threads: Commit on the strand; the writer thread owns the connection from the start to the end: it writes,
// checkpoints (where nobody waits for it) and closes. One leaf mutex guards the queue and is held over no SQL.
#pragma once

#include <SQLiteCpp/Database.h>

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <span>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "server/study/store.h"
#include "server/study/strand.h"

namespace hpsearch::store {

class ChangeWriter;

class GroupCommit {
 public:
  using Done = std::function<void(absl::Status)>;

  // `strand` outlives this, and the tasks that it is given.
  GroupCommit(std::unique_ptr<SQLite::Database> database, study::Strand& strand);
  ~GroupCommit();  // commits what was handed over, empties the log into the file, closes it

  void Commit(study::Batch batch, Done done);

 private:
  struct Waiting {
    study::Batch batch;
    Done done;
    std::int64_t era = 0;
  };
  struct Answered {
    Done done;
    std::int64_t era = 0;
    absl::Status status;
  };

  void Write();  // the writer thread
  // Takes what waits, up to the bound on a group; empty: closing, and nothing is left.
  std::vector<Waiting> Take();
  // A status for each batch, in order.
  std::vector<absl::Status> CommitGroup(ChangeWriter& writer, std::span<const Waiting> group);
  // One transaction: commits the batches before the first that fails, and says how many those are, and its
  // failure.
  struct Outcome {
    std::size_t committed = 0;
    absl::Status failure;  // OK: all of them
  };
  Outcome CommitTransaction(ChangeWriter& writer, std::span<const Waiting> group);
  absl::Status ApplyBatch(ChangeWriter& writer, const study::Batch& batch);
  void RollBack();
  void Answer(std::vector<Answered> answers);
  void Checkpoint(int mode);
  void CheckpointWhenGrown();

  std::unique_ptr<SQLite::Database> database_;  // the writer thread's
  study::Strand& strand_;
  // Of the write-ahead log; the writer thread's.
  int log_pages_ = 0;             // after the last commit
  int seen_pages_ = 0;            // when it was last asked whether it has grown
  int due_pages_;                 // with so many it is copied into the file
  std::int64_t failed_era_ = -1;  // batches up to this era fail; the writer thread's

  // Eras part batches by the failures that their maker knew of: the strand's task that tells of a failure begins
  // the next. So the queue's eras never fall, and none is later than the first that is not known to have failed.
  // Read and changed on the strand alone; shared with tasks that outlive this.
  std::shared_ptr<std::int64_t> era_ = std::make_shared<std::int64_t>(0);

  std::mutex mutex_;  // guards queue_ and closing_
  std::condition_variable changed_;
  std::deque<Waiting> queue_;
  bool closing_ = false;

  std::thread writer_;  // the last member: it uses all others
};

}  // namespace hpsearch::store
