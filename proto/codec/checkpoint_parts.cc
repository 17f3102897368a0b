#include "proto/codec/checkpoint_parts.h"

#include <fmt/format.h>
#include <xxhash.h>

#include <algorithm>
#include <new>
#include <utility>

namespace hpsearch::codec {
namespace {

bool IsHex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); }

absl::Status Wrong(const std::string& message) { return absl::InvalidArgumentError(message); }

}  // namespace

Checksum::Checksum() : state_(XXH3_createState()) {
  if (state_ == nullptr) throw std::bad_alloc();
  XXH3_64bits_reset(state_.get());
}

void Checksum::Free::operator()(XXH3_state_s* state) const { XXH3_freeState(state); }

void Checksum::Append(std::string_view bytes) { XXH3_64bits_update(state_.get(), bytes.data(), bytes.size()); }

std::uint64_t Checksum::value() const { return XXH3_64bits_digest(state_.get()); }

void FillChunk(std::int64_t offset, std::string data, v1::CheckpointChunk* chunk) {
  chunk->set_offset(offset);
  chunk->set_checksum(XXH3_64bits(data.data(), data.size()));
  chunk->set_data(std::move(data));
}

absl::StatusOr<ArrivingCheckpoint> ArrivingCheckpoint::Begin(const v1::CheckpointHeader& header,
                                                             std::int64_t most_bytes) {
  if (header.bytes() < 1 || header.bytes() > most_bytes) {
    return Wrong(fmt::format("header.bytes: {}; 1 to {} is wanted", header.bytes(), most_bytes));
  }
  if (header.epochs() < 0 || header.steps() < 0) {
    return Wrong(fmt::format("header: {} epochs and {} steps", header.epochs(), header.steps()));
  }
  if (header.key().size() != kCheckpointKeyDigits || !std::ranges::all_of(header.key(), IsHex)) {
    return Wrong(fmt::format("header.key: {} hexadecimal digits are wanted", kCheckpointKeyDigits));
  }
  return ArrivingCheckpoint(header.bytes(), header.checksum());
}

absl::Status ArrivingCheckpoint::Take(const v1::CheckpointChunk& chunk) {
  const std::string& data = chunk.data();
  const auto wanted =
      static_cast<std::size_t>(std::min<std::int64_t>(bytes_ - taken_, std::int64_t{kCheckpointChunk}));
  if (chunk.offset() != taken_) {
    return Wrong(fmt::format("chunk.offset: {}; {} is wanted", chunk.offset(), taken_));
  }
  if (data.empty() || data.size() != wanted) {
    return Wrong(fmt::format("chunk.data: {} bytes; {} are wanted", data.size(), wanted));
  }
  if (XXH3_64bits(data.data(), data.size()) != chunk.checksum()) {
    return Wrong(fmt::format("chunk.checksum: the {} bytes at {} are not those that were sent", wanted, taken_));
  }
  running_.Append(data);
  taken_ += static_cast<std::int64_t>(wanted);
  return absl::OkStatus();
}

absl::Status ArrivingCheckpoint::Finish() const {
  if (taken_ != bytes_) return Wrong(fmt::format("it ends behind {} of {} bytes", taken_, bytes_));
  if (running_.value() != checksum_) return Wrong("header.checksum: the bytes that came are others");
  return absl::OkStatus();
}

}  // namespace hpsearch::codec
