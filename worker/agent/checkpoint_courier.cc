#include "worker/agent/checkpoint_courier.h"

#include <fmt/format.h>
#include <grpcpp/client_context.h>
#include <spdlog/spdlog.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <memory>
#include <utility>

#include "proto/codec/checkpoint_parts.h"
#include "worker/train/checkpoint.h"

namespace hpsearch::agent {
namespace {

// What is larger is not put behind the training's back.
constexpr std::int64_t kMostBehind = std::int64_t{256} << 20;
constexpr std::int64_t kMostBytes = std::int64_t{4} << 30;
// A call may take so long, and so much longer for its bytes.
constexpr std::chrono::seconds kPatience{5};
constexpr std::int64_t kBytesASecond = 20'000'000;
// Between two that are put in the background lies as long as one took, this many times.
constexpr int kLeastBetween = 10;
// Where the server has too many of them.
constexpr std::chrono::milliseconds kTryAgain{200};

std::chrono::system_clock::time_point DeadlineFor(std::int64_t bytes) {
  return std::chrono::system_clock::now() + kPatience + std::chrono::seconds(bytes / kBytesASecond);
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

absl::StatusOr<std::uint64_t> ChecksumOf(const train::Checkpoint& checkpoint, std::int64_t bytes) {
  codec::Checksum checksum;
  for (std::int64_t at = 0; at < bytes; at += std::int64_t{codec::kCheckpointChunk}) {
    const auto size = std::min<std::int64_t>(bytes - at, std::int64_t{codec::kCheckpointChunk});
    const absl::StatusOr<std::string> part = checkpoint.ReadBytes(at, static_cast<std::size_t>(size));
    if (!part.ok()) return part.status();
    checksum.Append(*part);
  }
  return checksum.value();
}

}  // namespace

class CheckpointCourier::Call {
 public:
  Call(CheckpointCourier& courier, std::int64_t bytes) : courier_(courier) {
    context_.set_deadline(DeadlineFor(bytes));
    const std::lock_guard lock(courier_.mutex_);
    courier_.calls_.insert(&context_);
    if (courier_.stopped_) context_.TryCancel();
  }
  ~Call() {
    const std::lock_guard lock(courier_.mutex_);
    courier_.calls_.erase(&context_);
  }
  Call(const Call&) = delete;
  Call& operator=(const Call&) = delete;
  grpc::ClientContext& context() { return context_; }

 private:
  CheckpointCourier& courier_;
  grpc::ClientContext context_;
};

CheckpointCourier::~CheckpointCourier() {
  Stop();
  if (thread_.joinable()) thread_.join();
}

void CheckpointCourier::Start() {
  if (who_.puts) thread_ = std::thread([this] { PutAll(); });
}

void CheckpointCourier::Stop() {
  const std::lock_guard lock(mutex_);
  stopped_ = true;
  for (grpc::ClientContext* call : calls_) call->TryCancel();
  changed_.notify_all();
}

CheckpointCourier::Held& CheckpointCourier::HeldOf(const v1::Lease& lease, const std::string& path,
                                                   const std::string& key) {
  const auto [it, added] = held_.try_emplace(IdOf(lease));
  Held& held = it->second;
  if (added) {
    held.next = Clock::now() + who_.every;
    if (lease.checkpoint().key() == key) held.steps = lease.checkpoint().steps();
    held.path = path;
    held.key = key;
  }
  return held;
}

void CheckpointCourier::Offer(const v1::Lease& lease, const std::string& path, const std::string& key) {
  if (!who_.puts || unknown_) return;
  const std::lock_guard lock(mutex_);
  Held& held = HeldOf(lease, path, key);
  if (held.queued || Clock::now() < held.next) return;
  held.queued = true;
  queue_.push_back(IdOf(lease));
  changed_.notify_all();
}

void CheckpointCourier::Forget(const LeaseId& id) {
  const std::lock_guard lock(mutex_);
  held_.erase(id);
}

void CheckpointCourier::PutAll() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return stopped_ || !queue_.empty(); });
    if (stopped_) return;
    const LeaseId id = std::move(queue_.front());
    queue_.pop_front();
    const auto it = held_.find(id);
    if (it == held_.end()) continue;
    const std::string path = it->second.path;
    const std::string key = it->second.key;
    lock.unlock();
    const Clock::time_point begun = Clock::now();
    const absl::Status status = Put(id, path, key, kMostBehind);
    const Clock::duration took = Clock::now() - begun;
    if (!status.ok()) {
      spdlog::info("{}/{}: its checkpoint was not put: {}", id.study, id.trial, std::string(status.message()));
    }
    lock.lock();
    if (const auto again = held_.find(id); again != held_.end()) {
      again->second.queued = false;
      again->second.next = begun + took + std::max<Clock::duration>(who_.every, kLeastBetween * took);
    }
  }
}

void CheckpointCourier::PutNow(const v1::Lease& lease, const std::string& path, const std::string& key) {
  if (!who_.puts || unknown_) return;
  const LeaseId id = IdOf(lease);
  const Clock::time_point latest = Clock::now() + kPatience;
  std::unique_lock lock(mutex_);
  HeldOf(lease, path, key);
  absl::Status status;
  do {
    lock.unlock();
    status = Put(id, path, key, kMostBytes);
    lock.lock();
  } while (absl::IsResourceExhausted(status) && !stopped_ && Clock::now() < latest &&
           !changed_.wait_for(lock, kTryAgain, [this] { return stopped_; }));
  if (!status.ok() && !stopped_ && !unknown_) {
    spdlog::warn("{}/{}: its checkpoint stays in this machine: {}", id.study, id.trial,
                 std::string(status.message()));
  }
}

absl::Status CheckpointCourier::Put(const LeaseId& id, const std::string& path, const std::string& key,
                                    std::int64_t most_bytes) {
  // Read as a whole and found sound; and open from here on, whatever takes its place.
  const absl::StatusOr<train::Checkpoint> checkpoint = train::Checkpoint::Open(path, key);
  if (absl::IsNotFound(checkpoint.status())) return absl::OkStatus();
  if (!checkpoint.ok()) return checkpoint.status();
  const std::int64_t bytes = checkpoint->bytes();
  if (bytes > most_bytes) {
    return absl::OutOfRangeError(fmt::format("it has {} bytes; {} at most are put now", bytes, most_bytes));
  }
  v1::CheckpointHeader header;
  header.set_key(key);
  header.set_epochs(checkpoint->progress().epochs_done);
  header.set_steps(checkpoint->progress().steps_done);
  header.set_bytes(bytes);
  {
    const std::lock_guard lock(mutex_);
    const auto it = held_.find(id);
    if (stopped_ || it == held_.end() || it->second.steps >= header.steps()) return absl::OkStatus();
  }
  const absl::StatusOr<std::uint64_t> checksum = ChecksumOf(*checkpoint, bytes);
  if (!checksum.ok()) return checksum.status();
  header.set_checksum(*checksum);
  absl::Status status = Send(id, *checkpoint, header);
  if (absl::IsUnimplemented(status)) unknown_ = true;
  if (!status.ok()) return status;
  const std::lock_guard lock(mutex_);
  if (const auto it = held_.find(id); it != held_.end()) {
    it->second.steps = std::max(it->second.steps, header.steps());
  }
  return absl::OkStatus();
}

absl::Status CheckpointCourier::Send(const LeaseId& id, const train::Checkpoint& checkpoint,
                                     const v1::CheckpointHeader& header) {
  Call call(*this, header.bytes());
  v1::PutCheckpointResponse response;
  const auto stream = stub_.PutCheckpoint(&call.context(), &response);
  v1::PutCheckpointRequest message;
  *message.mutable_begin()->mutable_lease() = LeaseOf(id);
  *message.mutable_begin()->mutable_header() = header;
  bool taken = stream->Write(message);
  for (std::int64_t at = 0; taken && at < header.bytes();) {
    const auto size = std::min<std::int64_t>(header.bytes() - at, std::int64_t{codec::kCheckpointChunk});
    absl::StatusOr<std::string> part = checkpoint.ReadBytes(at, static_cast<std::size_t>(size));
    if (!part.ok()) {
      call.context().TryCancel();
      stream->Finish();
      return part.status();
    }
    codec::FillChunk(at, *std::move(part), message.mutable_chunk());
    taken = stream->Write(message);
    at += size;
  }
  if (taken) stream->WritesDone();
  return FromGrpc(stream->Finish());
}

v1::CheckpointLease CheckpointCourier::LeaseOf(const LeaseId& id) const {
  v1::CheckpointLease lease;
  lease.set_worker(who_.worker);
  lease.set_instance(who_.instance);
  SetId(id, &lease);
  return lease;
}

absl::Status CheckpointCourier::Get(const v1::Lease& lease, const std::string& path) {
  Call call(*this, lease.checkpoint().bytes());
  v1::GetCheckpointRequest request;
  *request.mutable_lease() = LeaseOf(IdOf(lease));
  absl::Status status = Receive(call, request, path);
  if (!status.ok()) std::remove(path.c_str());
  return status;
}

absl::Status CheckpointCourier::Receive(Call& call, const v1::GetCheckpointRequest& request,
                                        const std::string& path) {
  const auto stream = stub_.GetCheckpoint(&call.context(), request);
  v1::GetCheckpointResponse message;
  if (!stream->Read(&message)) return FromGrpc(stream->Finish());
  absl::Status status;
  absl::StatusOr<codec::ArrivingCheckpoint> arriving =
      codec::ArrivingCheckpoint::Begin(message.header(), kMostBytes);
  train::CheckpointFile file;
  if (!arriving.ok()) {
    status = arriving.status();
  } else {
    file.reset(std::fopen(path.c_str(), "wbx"));
  }
  const auto cannot_write = [&path] {
    return absl::UnavailableError(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
  };
  if (status.ok() && file == nullptr) status = cannot_write();
  while (status.ok() && stream->Read(&message)) {
    const std::string& data = message.chunk().data();
    status = arriving->Take(message.chunk());
    if (status.ok() && std::fwrite(data.data(), 1, data.size(), file.get()) != data.size())
      status = cannot_write();
  }
  if (!status.ok()) {
    call.context().TryCancel();
    stream->Finish();
    return status;
  }
  if (const grpc::Status end = stream->Finish(); !end.ok()) return FromGrpc(end);
  if (status = arriving->Finish(); !status.ok()) return status;
  return std::fflush(file.get()) == 0 ? absl::OkStatus() : cannot_write();
}

}  // namespace hpsearch::agent
