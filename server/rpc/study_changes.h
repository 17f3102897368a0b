// The rows that a watcher of a study is sent next. Each is read as of the last commit, the study last, so that it
// is never older than a trial beside it. Run on the read pool. Errors are the reader's.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "hpsearch/v1/study_service.pb.h"
#include "server/rpc/row_codec.h"
#include "server/store/study_reader.h"

namespace hpsearch::rpc {

// What changed of a trial since a watcher's last look.
struct TrialChange {
  bool row = false;
  bool epochs = false;
  std::int64_t after = 0;  // the last epoch that the watcher has
};

// What to read.
struct Look {
  Detail detail = Detail::kWithoutSpec;  // of the study
  std::int64_t most_epochs = 0;          // in all
  std::map<std::int64_t, TrialChange> changed;
};

struct StudyChanges {
  std::vector<v1::StudyEvent> trials;                // trials and epochs, by trial; the epochs first
  v1::StudyEvent study;                              // as it stood after those
  bool study_ended = false;                          // in a final state
  std::map<std::int64_t, std::int64_t> last_epochs;  // of the trials read: the last epoch in `trials`
  std::vector<std::int64_t> ended_trials;            // whose rows are in a final state
  std::map<std::int64_t, TrialChange> unread;        // what the bound on epochs left for another look
};

absl::StatusOr<StudyChanges> ReadChanges(store::StudyReader& reader, const std::string& study, const Look& look);

}  // namespace hpsearch::rpc
