// A training on disk, to the bit: its progress, its weights and running statistics, the optimizer's state, and
// what else whoever writes it wants to find again. Going on from it gives the bits that never stopping would have
// given.
//
// The file (little-endian): magic and version, the key of what is trained, the progress, the sizes of the tensors,
// the attachment, the tensors, and the xxh3-128 of all of it. It is written aside and renamed; the one that was
// there before is kept under `path` + ".previous". Nothing is synced: after a loss of power either may be damaged,
// which the checksum finds, and then the trial begins anew.
//
// Threads: any, one at a time for a path's writer. Two processes may write the same path; the last whole file
// stays. Errors: NOT_FOUND (no such file), DATA_LOSS (damaged: what does not fit), FAILED_PRECONDITION (whole, but
// of another version or of another training), UNAVAILABLE (the disk is full, the folder is not writable).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "worker/train/progress.h"

namespace hpsearch::train {

inline constexpr std::uint32_t kCheckpointVersion = 1;
inline constexpr std::size_t kCheckpointKey = 32;  // characters: xxh3-128 in hex
inline constexpr std::uint64_t kMostAttachment = std::uint64_t{64} << 20;
inline constexpr std::uint64_t kMostTensors = 100'000;

struct CheckpointContent {
  std::string_view key;  // kCheckpointKey characters
  Progress progress;
  std::string_view attachment;  // up to kMostAttachment
  std::vector<std::span<const float>> tensors;
};

absl::Status WriteCheckpoint(const std::string& path, const CheckpointContent& content);

// The two halves of that, for a checkpoint that comes from elsewhere: a name to write it under, which no other
// writer has, and its way from there to its path.
std::string AsideOf(const std::string& path);
absl::Status PutInPlace(const std::string& aside, const std::string& path);

struct CloseFile {
  void operator()(std::FILE* file) const { std::fclose(file); }
};
using CheckpointFile = std::unique_ptr<std::FILE, CloseFile>;

// The attachment alone, for a look at many files: the rest is neither read nor held against the checksum.
absl::StatusOr<std::string> ReadAttachment(const std::string& path);

// A file that was read once as a whole and found sound, still open: what is read from it afterwards is what was
// found so, since writers never change a file.
class Checkpoint {
 public:
  static absl::StatusOr<Checkpoint> Open(const std::string& path, std::string_view key);

  const Progress& progress() const { return progress_; }
  const std::string& attachment() const { return attachment_; }
  const std::vector<std::uint64_t>& tensor_sizes() const { return tensor_sizes_; }
  // The file as it stands.
  std::int64_t bytes() const { return bytes_; }
  absl::StatusOr<std::string> ReadBytes(std::int64_t offset, std::size_t size) const;
  // Requires as many as there are, and of their sizes.
  absl::Status ReadTensors(std::span<const std::span<float>> tensors) const;

 private:
  CheckpointFile file_;
  std::int64_t bytes_ = 0;
  long tensors_at_ = 0;
  Progress progress_;
  std::string attachment_;
  std::vector<std::uint64_t> tensor_sizes_;
};

}  // namespace hpsearch::train
