// Where a worker's checkpoints lie: FOLDER/STUDY-DIGEST/TRIAL-KEY.last, .last.previous and .best, by the digest of
// the study's specification and the key of what the trial trains. Several workers, in one process or more, may
// share a folder: then a trial that one of them loses goes on in another.
//
// Of the trials of a study that are finished, the best `keep` stay (by objective, ties to the lower number). What
// was left unfinished for a week is removed when another trial finishes.
//
// Threads: any. Ownership: none but of the files. Errors: of the file system, UNAVAILABLE with its words.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hpsearch/v1/worker_service.pb.h"

namespace hpsearch::agent {

struct CheckpointPaths {
  std::string last;  // behind the newest epoch, or within one
  std::string best;  // behind the objective's epoch, where that is another
  std::string previous() const { return last + ".previous"; }
};

class CheckpointFolder {
 public:
  // Made at the first checkpoint. Empty: no checkpoints are written.
  explicit CheckpointFolder(std::filesystem::path folder) : folder_(std::move(folder)) {}

  bool off() const { return folder_.empty(); }
  // The trial's, whether they are there or not.
  CheckpointPaths PathsOf(const v1::Lease& lease, const std::string& key) const;
  // Those of other trials that train the same: a round whose trials have more epochs goes on where an earlier one
  // ended, and a study of more epochs where another one did (`shorter_study`), whose come behind the study's own.
  // None of what cannot be read.
  std::vector<CheckpointPaths> OthersOf(const v1::Lease& lease, const std::string& key) const;
  // The folder that they are in. INVALID_ARGUMENT: the study's name or digest means something in a path.
  absl::Status Make(const v1::Lease& lease) const;
  // Leaves the files of the lease's study's best trials alone. What others write meanwhile
  // stays.
  absl::Status KeepBest(const v1::Lease& lease) const;

  // The two halves of that: a trial's newest file that is to go, as it was seen, and its removal with all that
  // bears its name, unless another has taken its place.
  struct Surplus {
    std::filesystem::path last;
    std::uint64_t inode;
    std::int64_t written;  // nanoseconds
  };
  absl::StatusOr<std::vector<Surplus>> SurplusOf(const v1::Lease& lease) const;
  static absl::Status Remove(const Surplus& surplus);

 private:
  std::filesystem::path OfStudy(const v1::Lease& lease) const;

  const std::filesystem::path folder_;
};

}  // namespace hpsearch::agent
