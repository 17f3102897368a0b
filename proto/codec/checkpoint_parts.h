// A checkpoint as chunks, with a checksum each and one over the whole: made by whoever sends it, held against the
// header by whoever takes it. What arrives is bounded by its header before anything is made for it, and a chunk
// that is not the next one, or not as it was sent, ends it.
//
// Threads: one at a time. No I/O. Errors: INVALID_ARGUMENT says what does not fit.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hpsearch/v1/checkpoint_transfer.pb.h"

struct XXH3_state_s;

namespace hpsearch::codec {

inline constexpr std::size_t kCheckpointChunk = std::size_t{256} << 10;
inline constexpr std::size_t kCheckpointKeyDigits = 32;

// XXH3-64 of what is appended.
class Checksum {
 public:
  Checksum();  // std::bad_alloc
  void Append(std::string_view bytes);
  std::uint64_t value() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

void FillChunk(std::int64_t offset, std::string data, v1::CheckpointChunk* chunk);

// One that arrives.
class ArrivingCheckpoint {
 public:
  // Of 1 to `most_bytes`.
  static absl::StatusOr<ArrivingCheckpoint> Begin(const v1::CheckpointHeader& header, std::int64_t most_bytes);

  // Its data is good, and stands at its offset.
  absl::Status Take(const v1::CheckpointChunk& chunk);
  // All of it was taken, and it is what was announced.
  absl::Status Finish() const;

 private:
  ArrivingCheckpoint(std::int64_t bytes, std::uint64_t checksum) : bytes_(bytes), checksum_(checksum) {}

  std::int64_t bytes_;
  std::uint64_t checksum_;
  std::int64_t taken_ = 0;
  Checksum running_;
};

}  // namespace hpsearch::codec
