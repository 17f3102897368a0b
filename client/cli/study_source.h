// Where the reading verbs read: a database file (reader_source) or a server (grpc_source), behind one interface,
// so that each output exists once.
//
// Threads: one at a time, but for the stop token, which may be stopped from any. Errors: NOT_FOUND (no such file,
// study or trial), INVALID_ARGUMENT (an unknown sort key or state), UNAVAILABLE (the server is not reached),
// CANCELLED (a watch that was stopped), and what the reader or the server says.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/store/study_reader.h"

namespace hpsearch::cli {

// The study as it stands, a trial that began or ended, a new epoch.
using WatchEvent = std::variant<store::StudyRow, store::TrialRow, store::EpochRow>;

class StudySource {
 public:
  virtual ~StudySource() = default;

  virtual absl::StatusOr<std::vector<store::StudyRow>> Studies() = 0;  // the newest first
  virtual absl::StatusOr<store::StudyRow> Study(const std::string& study) = 0;
  virtual absl::StatusOr<std::vector<store::TrialRow>> Trials(const store::TrialQuery& query) = 0;
  virtual absl::StatusOr<store::TrialRow> Trial(const std::string& study, std::int64_t trial) = 0;
  virtual absl::StatusOr<store::TrialRow> BestTrial(const std::string& study) = 0;
  virtual absl::StatusOr<std::vector<store::EpochRow>> Curve(const std::string& study, std::int64_t trial) = 0;
  virtual absl::StatusOr<std::vector<store::RoundRow>> Rounds(const std::string& study) = 0;
  virtual absl::StatusOr<std::vector<store::WorkerRow>> Workers() = 0;

  // The study first, then what changes, until it has ended: the last event is the study in its final state.
  // `on_event` may read from this source.
  virtual absl::Status Watch(const std::string& study, std::stop_token stop,
                             const std::function<void(const WatchEvent&)>& on_event) = 0;
};

// COMPLETED, STOPPED, CANCELLED, FAILED.
bool HasEnded(const store::StudyRow& study);
// Trials in a final state.
std::int64_t EndedTrials(const store::StudyRow& study);
// Whether a trial's state is final.
bool HasEnded(const store::TrialRow& trial);

}  // namespace hpsearch::cli
