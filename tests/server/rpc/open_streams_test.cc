#include "server/rpc/open_streams.h"

#include <gtest/gtest.h>

#include <future>
#include <optional>

namespace hpsearch::rpc {
namespace {

struct FakeStream : OpenStreams::Stream {
  void Close(const absl::Status& why) override { closed = why; }
  std::optional<absl::Status> closed;
};

TEST(OpenStreams, ClosesThoseThatAreOpenAndRefusesFurtherOnes) {
  OpenStreams streams;
  FakeStream open;
  FakeStream gone;
  FakeStream late;
  EXPECT_TRUE(streams.Add(&open).ok());
  EXPECT_TRUE(streams.Add(&gone).ok());
  streams.Remove(&gone);
  streams.CloseAll(absl::UnavailableError("stop"));
  ASSERT_TRUE(open.closed.has_value());
  EXPECT_EQ(open.closed->code(), absl::StatusCode::kUnavailable);
  EXPECT_FALSE(gone.closed.has_value());
  EXPECT_EQ(streams.Add(&late).code(), absl::StatusCode::kUnavailable);
}

TEST(OpenStreams, AreNoMoreThanMayBe) {
  OpenStreams streams(1);
  FakeStream first;
  FakeStream second;
  EXPECT_TRUE(streams.Add(&first).ok());
  EXPECT_EQ(streams.Add(&second).code(), absl::StatusCode::kResourceExhausted);
  streams.Remove(&second);  // as any stream does at its end
  EXPECT_EQ(streams.Add(&second).code(), absl::StatusCode::kResourceExhausted);
  streams.Remove(&first);
  EXPECT_TRUE(streams.Add(&second).ok());
}

TEST(OpenStreams, AreAwaited) {
  OpenStreams streams;
  streams.AwaitNone();
  streams.Enter();
  streams.Enter();
  std::future<void> none = std::async(std::launch::async, [&] { streams.AwaitNone(); });
  streams.Leave();
  streams.Leave();
  none.wait();
}

}  // namespace
}  // namespace hpsearch::rpc
