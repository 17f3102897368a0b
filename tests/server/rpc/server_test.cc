#include "server/rpc/server.h"

#include <gmock/gmock.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/support/byte_buffer.h>
#include <gtest/gtest.h>

#include <future>
#include <string>
#include <vector>

#include "client/channel/channel.h"
#include "tests/server/rpc/fake_worker.h"
#include "tests/server/rpc/served.h"

namespace hpsearch::rpc {
namespace {

using testing::Context;
using testing::FakeWorker;
using ::testing::HasSubstr;
using testing::HelloOf;
using testing::Served;
using testing::SmallStudy;
using ::testing::StartsWith;
using testing::TempFolder;

absl::Status StartError(ServerOptions options) { return Server::Start(std::move(options)).status(); }

TEST(ServerTest, RefusesOtherAddressesThanLoopback) {
  TempFolder folder;
  const absl::Status status = StartError({.database = folder.File("s.db"), .listen = "0.0.0.0:0"});
  EXPECT_EQ(status.code(), absl::StatusCode::kPermissionDenied);
  EXPECT_THAT(std::string(status.message()), HasSubstr("--insecure"));
  EXPECT_TRUE(StartError({.database = folder.File("s.db"), .listen = "0.0.0.0:0", .insecure = true}).ok());
}

TEST(ServerTest, NamesAnAddressThatIsTaken) {
  Served served;
  TempFolder folder;
  const absl::Status status =
      StartError({.database = folder.File("other.db"), .listen = served.server().address()});
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable);
  EXPECT_THAT(std::string(status.message()), HasSubstr(served.server().address()));
}

TEST(ServerTest, RefusesAFileThatIsServed) {
  Served served;
  EXPECT_EQ(StartError({.database = served.database()}).code(), absl::StatusCode::kAborted);
}

TEST(ServerTest, RefusesAnAddressThatIsNone) {
  TempFolder folder;
  EXPECT_EQ(StartError({.database = folder.File("s.db"), .listen = "nowhere"}).code(),
            absl::StatusCode::kInvalidArgument);
}

TEST(ServerTest, StopsTwiceAndReleasesTheFile) {
  TempFolder folder;
  const ServerOptions options{.database = folder.File("s.db"), .listen = "127.0.0.1:0"};
  absl::StatusOr<std::unique_ptr<Server>> server = Server::Start(options);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT((*server)->address(), StartsWith("127.0.0.1:"));
  (*server)->Stop();
  (*server)->Stop();
  EXPECT_EQ((*server)->InProcessChannel(), nullptr);
  EXPECT_TRUE(StartError(options).ok());
}

TEST(ServerTest, StopEndsSessionsAndWatches) {
  Served served;
  served.Create(SmallStudy("s"));
  FakeWorker worker(served.channel());
  worker.Greet(HelloOf("w"));
  v1::WatchStudyRequest request;
  request.set_name("studies/s");
  const auto context = Context();
  const auto watch = served.studies().WatchStudy(context.get(), request);
  v1::StudyEvent event;
  ASSERT_TRUE(watch->Read(&event));
  served.server().Stop();
  while (watch->Read(&event)) {
  }
  EXPECT_EQ(watch->Finish().error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(worker.End().error_code(), grpc::StatusCode::UNAVAILABLE);
}

TEST(ServerTest, WorksInProcess) {
  Served served(/*listen=*/false);
  EXPECT_EQ(served.server().address(), "");
  EXPECT_EQ(served.RunToEnd(SmallStudy("s")).state(), v1::STUDY_STATE_COMPLETED);
}

TEST(ServerTest, RefusesMoreStreamsThanItMayHave) {
  Served served(/*listen=*/true, {.open_streams = 1});
  FakeWorker worker(served.channel());
  worker.Greet(HelloOf("w"));
  v1::WatchStudyRequest request;
  request.set_name("studies/s");
  v1::StudyEvent event;
  const auto watch = [&] {
    const auto context = Context();
    const auto stream = served.studies().WatchStudy(context.get(), request);
    while (stream->Read(&event)) {
    }
    return stream->Finish().error_code();
  };
  EXPECT_EQ(watch(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  // What has ended is counted until gRPC is done with it, which the client does not hear of.
  EXPECT_TRUE(worker.End().ok());
  grpc::StatusCode code = grpc::StatusCode::RESOURCE_EXHAUSTED;
  for (int i = 0; i < 10'000 && code == grpc::StatusCode::RESOURCE_EXHAUSTED; ++i) code = watch();
  EXPECT_EQ(code, grpc::StatusCode::NOT_FOUND);
}

// The bytes of a message with one field of text.
grpc::ByteBuffer Bytes(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// What a method answers to one message, as bytes.
std::string Call(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                 const std::string& request_bytes) {
  grpc::GenericStub stub(channel);
  const auto context = Context();
  const grpc::ByteBuffer request = Bytes(request_bytes);
  grpc::ByteBuffer response;
  grpc::CompletionQueue queue;
  const auto call = stub.PrepareUnaryCall(context.get(), method, request, &queue);
  grpc::Status status;
  call->StartCall();
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  EXPECT_TRUE(queue.Next(&tag, &ok));
  EXPECT_TRUE(status.ok()) << status.error_message();
  std::vector<grpc::Slice> slices;
  std::string bytes;
  if (status.ok() && response.Dump(&slices).ok()) {
    for (const grpc::Slice& slice : slices)
      bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes;
}

TEST(ServerTest, TellsItsHealth) {
  Served served;
  const std::string serving = "\x08\x01";  // status: SERVING
  EXPECT_EQ(Call(served.channel(), "/grpc.health.v1.Health/Check", ""), serving);
}

TEST(ServerTest, ReflectsItsServices) {
  Served served;
  const std::string list_services = "\x3a\x01*";
  const std::string answer =
      Call(served.channel(), "/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo", list_services);
  EXPECT_THAT(answer, HasSubstr("hpsearch.v1.StudyService"));
  EXPECT_THAT(answer, HasSubstr("hpsearch.v1.WorkerService"));
}

}  // namespace
}  // namespace hpsearch::rpc
