// Carries out the changes of a batch in the transaction that is open on its connection, and checks there what
// study/store.h promises: names, fencing attempts, epochs with the same bits. Only this room sees SQLite.
//
// Threads: the writer's. Errors: as study/store.h has them; the caller rolls back. SQLite's own errors are thrown
// (SQLite::Exception).
#pragma once

#include <SQLiteCpp/Database.h>

#include "absl/status/status.h"
#include "server/store/rows.h"
#include "server/study/store.h"

namespace hpsearch::store {

class ChangeWriter {
 public:
  explicit ChangeWriter(SQLite::Database& database) : statements_(database) {}

  absl::Status Apply(const study::Change& change);

 private:
  absl::Status Put(const study::StudyRecord& study);
  absl::Status Put(const study::RoundRecord& round);
  absl::Status Cut(const study::CutRound& round);
  absl::Status Put(const study::PutEarlier& earlier);
  absl::Status Put(const study::TrialRecord& trial);
  absl::Status Put(const study::WorkerRecord& worker);
  absl::Status Append(const study::AppendEpochs& append);
  absl::Status AppendOne(const study::AppendEpochs& append, const study::EpochRecord& epoch);
  absl::Status Copy(const study::CopyEpochs& copy);
  absl::Status Put(const study::PutRequest& request);
  absl::Status Forget(const study::ForgetWorker& worker);

  Statements statements_;
};

}  // namespace hpsearch::store
