// What a watcher of a study is sent next: the rows that changed, read together. Run on the read pool.
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

struct StudyChanges {
  std::vector<v1::StudyEvent> trials;                // trials and epochs, by trial; the epochs first
  v1::StudyEvent study;                              // as it stood after those
  bool study_ended = false;                          // in a final state
  std::map<std::int64_t, std::int64_t> last_epochs;  // of the trials read: the last epoch sent
  std::vector<std::int64_t> ended_trials;            // whose rows are in a final state
};

// Errors are the reader's.
absl::StatusOr<StudyChanges> ReadChanges(store::StudyReader& reader, const std::string& study, Detail detail,
                                         const std::map<std::int64_t, TrialChange>& changed);

}  // namespace hpsearch::rpc
