// The fake coordinator's checkpoints.
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <utility>

#include "proto/codec/checkpoint_parts.h"
#include "tests/worker/agent/fake_coordinator.h"

namespace hpsearch::agent {
namespace {

constexpr std::chrono::seconds kGenerous{30};
constexpr std::chrono::milliseconds kLook{5};

std::uint64_t ChecksumOf(const std::string& content) {
  codec::Checksum checksum;
  checksum.Append(content);
  return checksum.value();
}

}  // namespace

int FakeCoordinator::puts() const {
  std::lock_guard lock(mutex_);
  return puts_;
}

void FakeCoordinator::AwaitPuts(int count) {
  std::unique_lock lock(mutex_);
  EXPECT_TRUE(changed_.wait_for(lock, kGenerous, [&] { return puts_ >= count; })) << puts_;
}

std::optional<v1::CheckpointHeader> FakeCoordinator::PutOf(std::int64_t trial) const {
  std::lock_guard lock(mutex_);
  const auto it = checkpoints_.find(trial);
  if (it == checkpoints_.end()) return std::nullopt;
  return it->second.header;
}

bool FakeCoordinator::outcome_before_put() const {
  std::lock_guard lock(mutex_);
  return outcome_before_put_;
}

void FakeCoordinator::RefuseCheckpoints(grpc::Status status) {
  std::lock_guard lock(mutex_);
  checkpoint_refusal_ = std::move(status);
}

void FakeCoordinator::HoldCheckpoints() {
  std::lock_guard lock(mutex_);
  holding_ = true;
}

void FakeCoordinator::DamageCheckpoint(std::int64_t trial) {
  std::lock_guard lock(mutex_);
  Put& put = checkpoints_.at(trial);
  put.content[put.content.size() / 2] ^= 1;
  put.header.set_checksum(ChecksumOf(put.content));
}

grpc::Status FakeCoordinator::PutCheckpoint(grpc::ServerContext* context,
                                            grpc::ServerReader<v1::PutCheckpointRequest>* stream,
                                            v1::PutCheckpointResponse*) {
  v1::PutCheckpointRequest message;
  std::string content;
  v1::PutCheckpointRequest::Begin begin;
  while (stream->Read(&message)) {
    if (message.has_begin()) {
      begin = message.begin();
    } else {
      content += message.chunk().data();
    }
  }
  std::unique_lock lock(mutex_);
  ++puts_;
  changed_.notify_all();
  while (holding_ && !context->IsCancelled()) changed_.wait_for(lock, kLook);
  if (!checkpoint_refusal_.ok()) return checkpoint_refusal_;
  EXPECT_EQ(begin.header().bytes(), static_cast<std::int64_t>(content.size()));
  EXPECT_EQ(begin.header().checksum(), ChecksumOf(content));
  checkpoints_[begin.lease().trial()] = {begin.header(), std::move(content)};
  outcome_before_put_ =
      std::any_of(received_.begin(), received_.end(), [](const auto& each) { return each.has_outcome(); });
  changed_.notify_all();
  return grpc::Status::OK;
}

grpc::Status FakeCoordinator::GetCheckpoint(grpc::ServerContext* context, const v1::GetCheckpointRequest* request,
                                            grpc::ServerWriter<v1::GetCheckpointResponse>* stream) {
  std::unique_lock lock(mutex_);
  while (holding_ && !context->IsCancelled()) changed_.wait_for(lock, kLook);
  if (!checkpoint_refusal_.ok()) return checkpoint_refusal_;
  const auto it = checkpoints_.find(request->lease().trial());
  if (it == checkpoints_.end()) return {grpc::NOT_FOUND, "none"};
  v1::GetCheckpointResponse message;
  *message.mutable_header() = it->second.header;
  stream->Write(message);
  const std::string& content = it->second.content;
  for (std::size_t at = 0; at < content.size(); at += codec::kCheckpointChunk) {
    codec::FillChunk(static_cast<std::int64_t>(at), content.substr(at, codec::kCheckpointChunk),
                     message.mutable_chunk());
    stream->Write(message);
  }
  return grpc::Status::OK;
}

}  // namespace hpsearch::agent
