// Checkpoints put and got through a server, beside the session of the worker that has the lease.
#include "server/rpc/checkpoint_transfer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "proto/codec/checkpoint_parts.h"
#include "tests/server/rpc/fake_worker.h"
#include "tests/server/rpc/served.h"

namespace hpsearch::rpc {
namespace {

namespace fs = std::filesystem;

using testing::Context;
using testing::FakeWorker;
using ::testing::HasSubstr;
using testing::HelloOf;
using ::testing::IsEmpty;
using testing::Served;
using testing::SmallStudy;

// Two chunks, the second not full.
std::string Content(char with = 'c') { return std::string(codec::kCheckpointChunk + 1000, with); }

v1::CheckpointHeader HeaderOf(const std::string& content, std::int64_t steps = 20) {
  codec::Checksum checksum;
  checksum.Append(content);
  v1::CheckpointHeader header;
  header.set_key(std::string(32, 'a'));
  header.set_epochs(1);
  header.set_steps(steps);
  header.set_bytes(static_cast<std::int64_t>(content.size()));
  header.set_checksum(checksum.value());
  return header;
}

v1::CheckpointLease ClaimOf(const v1::Lease& lease, const std::string& worker = "w") {
  v1::CheckpointLease claim;
  claim.set_worker(worker);
  claim.set_instance("instance");
  claim.set_study(lease.study());
  claim.set_trial(lease.trial());
  claim.set_attempt(lease.attempt());
  return claim;
}

// An upload, message by message.
class Put {
 public:
  explicit Put(Served& served)
      : stub_(v1::WorkerService::NewStub(served.channel())),
        context_(Context()),
        stream_(stub_->PutCheckpoint(context_.get(), &response_)) {}
  ~Put() {
    if (stream_ != nullptr) End();
  }
  bool Begin(const v1::CheckpointLease& lease, const v1::CheckpointHeader& header) {
    v1::PutCheckpointRequest message;
    *message.mutable_begin()->mutable_lease() = lease;
    *message.mutable_begin()->mutable_header() = header;
    return stream_->Write(message);
  }
  bool Chunk(const std::string& content, std::size_t at) {
    v1::PutCheckpointRequest message;
    codec::FillChunk(static_cast<std::int64_t>(at), content.substr(at, codec::kCheckpointChunk),
                     message.mutable_chunk());
    return stream_->Write(message);
  }
  grpc::Status End() {
    stream_->WritesDone();
    const grpc::Status status = stream_->Finish();
    stream_.reset();
    return status;
  }
  void Leave() { context_->TryCancel(); }
  // Without a word of this side's.
  grpc::Status AwaitEnd() {
    const grpc::Status status = stream_->Finish();
    stream_.reset();
    return status;
  }

 private:
  std::unique_ptr<v1::WorkerService::Stub> stub_;
  std::unique_ptr<grpc::ClientContext> context_;
  v1::PutCheckpointResponse response_;
  std::unique_ptr<grpc::ClientWriter<v1::PutCheckpointRequest>> stream_;
};

class CheckpointTransferTest : public ::testing::Test {
 protected:
  void Serve(const CheckpointLimits& limits) { served_.Restart({.checkpoints = limits}); }
  // The next lease of study "s", which is created where it is not there.
  v1::Lease LeaseTo(FakeWorker& worker, const std::string& name = "w") {
    served_.Create(SmallStudy("s"));
    worker.Greet(HelloOf(name));
    worker.Ready(1);
    return worker.ReceiveLease().value_or(v1::Lease());
  }
  grpc::Status PutAll(const v1::CheckpointLease& lease, const v1::CheckpointHeader& header,
                      const std::string& content) {
    Put put(served_);
    put.Begin(lease, header);
    for (std::size_t at = 0; at < content.size(); at += codec::kCheckpointChunk) put.Chunk(content, at);
    return put.End();
  }
  grpc::Status PutAll(const v1::Lease& lease, const std::string& content, std::int64_t steps = 20) {
    return PutAll(ClaimOf(lease), HeaderOf(content, steps), content);
  }
  // The content that arrives.
  std::string Get(const v1::CheckpointLease& lease, grpc::Status* status) {
    const auto stub = v1::WorkerService::NewStub(served_.channel());
    const auto context = Context();
    v1::GetCheckpointRequest request;
    *request.mutable_lease() = lease;
    const auto stream = stub->GetCheckpoint(context.get(), request);
    v1::GetCheckpointResponse message;
    std::string content;
    std::optional<codec::ArrivingCheckpoint> arriving;
    while (stream->Read(&message)) {
      if (message.has_header()) {
        arriving = codec::ArrivingCheckpoint::Begin(message.header(), 1 << 30).value();
      } else {
        EXPECT_TRUE(arriving && arriving->Take(message.chunk()).ok());
        content += message.chunk().data();
      }
    }
    *status = stream->Finish();
    if (status->ok()) {
      EXPECT_TRUE(arriving && arriving->Finish().ok());
    }
    return content;
  }
  std::vector<std::string> Files() const {
    std::vector<std::string> files;
    const std::string folder = served_.database() + ".checkpoints/travelling";
    if (!fs::exists(folder)) return files;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder)) {
      files.push_back(entry.path().filename().string());
    }
    return files;
  }
  static void ExpectEnd(const grpc::Status& status, grpc::StatusCode code, const std::string& words) {
    EXPECT_EQ(status.error_code(), code) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr(words));
  }

  Served served_;
};

TEST_F(CheckpointTransferTest, GoesToTheTrialsNextWorker) {
  FakeWorker first(served_.channel());
  const v1::Lease lease = LeaseTo(first);
  EXPECT_FALSE(lease.has_checkpoint());
  grpc::Status status;
  Get(ClaimOf(lease), &status);
  ExpectEnd(status, grpc::NOT_FOUND, "no checkpoint");

  ASSERT_TRUE(PutAll(lease, Content()).ok());
  first.Finish(lease, v1::Outcome::RETURNED);
  FakeWorker second(served_.channel());
  const v1::Lease next = LeaseTo(second, "other");
  ASSERT_EQ(next.trial(), lease.trial());
  EXPECT_EQ(next.checkpoint().SerializeAsString(), HeaderOf(Content()).SerializeAsString());
  EXPECT_EQ(Get(ClaimOf(next, "other"), &status), Content());
  EXPECT_TRUE(status.ok()) << status.error_message();
  // A later one takes its place.
  ASSERT_TRUE(PutAll(ClaimOf(next, "other"), HeaderOf(Content('d'), 30), Content('d')).ok());
  EXPECT_EQ(Get(ClaimOf(next, "other"), &status), Content('d'));
}

TEST_F(CheckpointTransferTest, OutlivesTheServerAndGoesWithTheTrial) {
  {
    FakeWorker worker(served_.channel());
    ASSERT_TRUE(PutAll(LeaseTo(worker), Content()).ok());
  }
  served_.Restart();
  FakeWorker worker(served_.channel());
  v1::Hello hello = HelloOf("w", "a new process");
  worker.Greet(hello);
  worker.Ready(1);
  const v1::Lease lease = worker.ReceiveLease().value_or(v1::Lease());
  EXPECT_TRUE(lease.has_checkpoint());
  EXPECT_THAT(Files(), ::testing::ElementsAre("s.1"));
  worker.Report(lease, 1, 0.5);
  worker.Report(lease, 2, 0.4);
  worker.Finish(lease, v1::Outcome::COMPLETED);
  while (const auto message = worker.Receive()) {
    if (message->has_outcome_stored()) break;
  }
  served_.Restart();  // what was still to be removed is by now
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(CheckpointTransferTest, OfATrialThatIsDoneNoneOutlivesTheStart) {
  FakeWorker worker(served_.channel());
  const v1::Lease lease = LeaseTo(worker);
  ASSERT_TRUE(PutAll(lease, Content()).ok());
  const std::string folder = served_.database() + ".checkpoints/travelling/";
  fs::copy_file(folder + "s.1", folder + "s.4");        // of a trial that nobody has begun
  fs::copy_file(folder + "s.1", folder + "another.1");  // of a study that is not there
  worker.Leave();
  served_.Restart();
  served_.Restart();
  EXPECT_THAT(Files(), ::testing::ElementsAre("s.1"));
}

TEST_F(CheckpointTransferTest, IsForTheLeasesOwnWorkerAlone) {
  FakeWorker first(served_.channel());
  const v1::Lease lease = LeaseTo(first);
  std::vector<v1::CheckpointLease> claims(6, ClaimOf(lease));
  claims[0].set_worker("other");
  claims[1].set_instance("another process");
  claims[2].set_attempt(2);
  claims[3].set_trial(2);
  claims[4].set_study("../s");
  claims[5].Clear();
  for (const v1::CheckpointLease& claim : claims) {
    ExpectEnd(PutAll(claim, HeaderOf(Content()), Content()), grpc::FAILED_PRECONDITION, "no longer");
    grpc::Status status;
    Get(claim, &status);
    ExpectEnd(status, grpc::FAILED_PRECONDITION, "no longer");
  }
  claims[0].set_worker(std::string(1000, 'w'));
  ExpectEnd(PutAll(claims[0], HeaderOf(Content()), Content()), grpc::INVALID_ARGUMENT, "names");
  EXPECT_THAT(Files(), IsEmpty());
}

// The trial is handed back, and leased again, while its checkpoint is on its way.
TEST_F(CheckpointTransferTest, OneThatComesTooLateIsRefused) {
  FakeWorker first(served_.channel());
  const v1::Lease lease = LeaseTo(first);
  Put put(served_);
  ASSERT_TRUE(put.Begin(ClaimOf(lease), HeaderOf(Content())));
  ASSERT_TRUE(put.Chunk(Content(), 0));
  first.Finish(lease, v1::Outcome::RETURNED);
  FakeWorker second(served_.channel());
  const v1::Lease next = LeaseTo(second, "other");
  ASSERT_EQ(next.attempt(), lease.attempt() + 1);
  ASSERT_TRUE(PutAll(ClaimOf(next, "other"), HeaderOf(Content('n'), 5), Content('n')).ok());
  put.Chunk(Content(), codec::kCheckpointChunk);
  ExpectEnd(put.End(), grpc::FAILED_PRECONDITION, "no longer");
  grpc::Status status;
  EXPECT_EQ(Get(ClaimOf(next, "other"), &status), Content('n'));
}

TEST_F(CheckpointTransferTest, WhatDoesNotFitTogetherIsRefusedAndLeavesNothing) {
  FakeWorker worker(served_.channel());
  const v1::Lease lease = LeaseTo(worker);
  const std::string content = Content();
  v1::CheckpointHeader header = HeaderOf(content);
  {
    Put put(served_);
    ExpectEnd(put.End(), grpc::INVALID_ARGUMENT, "it comes first");
  }
  {
    Put put(served_);
    put.Chunk(content, 0);
    ExpectEnd(put.End(), grpc::INVALID_ARGUMENT, "it comes first, and once");
  }
  {
    Put put(served_);
    put.Begin(ClaimOf(lease), header);
    put.Begin(ClaimOf(lease), header);
    ExpectEnd(put.End(), grpc::INVALID_ARGUMENT, "it comes first, and once");
  }
  {
    Put put(served_);
    put.Begin(ClaimOf(lease), header);
    put.Chunk(content, codec::kCheckpointChunk);
    ExpectEnd(put.End(), grpc::INVALID_ARGUMENT, "chunk.offset");
  }
  {
    Put put(served_);
    put.Begin(ClaimOf(lease), header);
    put.Chunk(content, 0);
    ExpectEnd(put.End(), grpc::INVALID_ARGUMENT, "it ends behind");
  }
  header.set_checksum(header.checksum() ^ 1);
  ExpectEnd(PutAll(ClaimOf(lease), header, content), grpc::INVALID_ARGUMENT, "header.checksum");
  header = HeaderOf(content);
  header.set_bytes((std::int64_t{1} << 30) + 1);
  ExpectEnd(PutAll(ClaimOf(lease), header, content), grpc::INVALID_ARGUMENT, "header.bytes");
  header = HeaderOf(content);
  header.set_key("../../" + std::string(26, 'a'));
  ExpectEnd(PutAll(ClaimOf(lease), header, content), grpc::INVALID_ARGUMENT, "header.key");
  served_.Restart();
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(CheckpointTransferTest, WhatIsDamagedOnTheDiskIsFoundAndForgotten) {
  FakeWorker worker(served_.channel());
  const v1::Lease lease = LeaseTo(worker);
  ASSERT_TRUE(PutAll(lease, Content()).ok());
  const std::string path = served_.database() + ".checkpoints/travelling/s.1";
  std::fstream file(path, std::ios::in | std::ios::out);
  file.seekp(static_cast<std::streamoff>(fs::file_size(path)) - 500);
  file.put('\x55');
  file.close();
  grpc::Status status;
  Get(ClaimOf(lease), &status);
  ExpectEnd(status, grpc::DATA_LOSS, "not as it was written");
  Get(ClaimOf(lease), &status);
  ExpectEnd(status, grpc::NOT_FOUND, "no checkpoint");
  EXPECT_TRUE(PutAll(lease, Content()).ok());
}

TEST_F(CheckpointTransferTest, NoMoreAreUnderWayThanMayBe) {
  Serve({.transfers = 1});
  FakeWorker worker(served_.channel());
  const v1::Lease lease = LeaseTo(worker);
  // One of both comes first, and is not ended from here.
  std::vector<std::unique_ptr<Put>> puts;
  std::vector<std::future<grpc::Status>> ends;
  for (int i = 0; i < 2; ++i) {
    Put& put = *puts.emplace_back(std::make_unique<Put>(served_));
    put.Begin(ClaimOf(lease), HeaderOf(Content()));
    ends.push_back(std::async(std::launch::async, [&put] { return put.AwaitEnd(); }));
  }
  const auto ended = [&ends](std::size_t i) {
    return ends[i].wait_for(std::chrono::milliseconds(5)) == std::future_status::ready;
  };
  std::size_t refused = 0;
  while (!ended(refused)) refused = 1 - refused;
  ExpectEnd(ends[refused].get(), grpc::RESOURCE_EXHAUSTED, "try again");
  puts[1 - refused]->Leave();
  EXPECT_FALSE(ends[1 - refused].get().ok());
  grpc::Status status;
  do {
    status = PutAll(lease, Content());  // until the server has seen the other leave
  } while (status.error_code() == grpc::RESOURCE_EXHAUSTED);
  EXPECT_TRUE(status.ok()) << status.error_message();
  // Once that is answered, its place is free.
  Get(ClaimOf(lease), &status);
  EXPECT_TRUE(status.ok()) << status.error_message();
}

TEST_F(CheckpointTransferTest, OneThatStandsStillIsEnded) {
  Serve({.stalls = std::chrono::milliseconds(50)});
  FakeWorker worker(served_.channel());
  const v1::Lease lease = LeaseTo(worker);
  Put put(served_);
  ASSERT_TRUE(put.Begin(ClaimOf(lease), HeaderOf(Content())));
  EXPECT_FALSE(put.AwaitEnd().ok());
  served_.Restart();
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(CheckpointTransferTest, AServerThatStopsWaitsForNone) {
  FakeWorker worker(served_.channel());
  const v1::Lease lease = LeaseTo(worker);
  Put put(served_);
  ASSERT_TRUE(put.Begin(ClaimOf(lease), HeaderOf(Content())));
  ASSERT_TRUE(put.Chunk(Content(), 0));
  served_.server().Stop();
  ExpectEnd(put.AwaitEnd(), grpc::UNAVAILABLE, "");
  EXPECT_THAT(Files(), IsEmpty());
}

TEST_F(CheckpointTransferTest, AFullDiskRefusesItAndHarmsNothingElse) {
  Serve({.files = {.bytes_free = std::int64_t{1} << 60}});
  FakeWorker worker(served_.channel());
  const v1::Lease lease = LeaseTo(worker);
  ExpectEnd(PutAll(lease, Content()), grpc::UNAVAILABLE, "are to stay so");
  worker.Report(lease, 1, 0.5);
  EXPECT_TRUE(worker.Receive()->has_epochs_stored());
}

}  // namespace
}  // namespace hpsearch::rpc
