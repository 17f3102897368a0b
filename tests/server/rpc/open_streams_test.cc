#include "server/rpc/open_streams.h"

#include <gtest/gtest.h>

#include <future>
#include <optional>

namespace hpsearch::rpc {
namespace {

constexpr std::size_t kMost = 10;

struct FakeStream : OpenStreams::Stream {
  void Close(const absl::Status& why) override { closed = why; }
  std::optional<absl::Status> closed;
};

TEST(OpenStreams, ClosesThoseThatAreOpenAndRefusesFurtherOnes) {
  BufferQuota quota({});
  OpenStreams streams(kMost, quota);
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
  BufferQuota quota({});
  OpenStreams streams(1, quota);
  FakeStream first;
  FakeStream second;
  EXPECT_TRUE(streams.Add(&first).ok());
  EXPECT_EQ(streams.Add(&second).code(), absl::StatusCode::kResourceExhausted);
  streams.Remove(&second);  // as any stream does at its end
  EXPECT_EQ(streams.Add(&second).code(), absl::StatusCode::kResourceExhausted);
  streams.Remove(&first);
  EXPECT_TRUE(streams.Add(&second).ok());
}

TEST(OpenStreams, HaveAShareOfTheBuffersEach) {
  BufferQuota quota({.base = 100, .a_stream = 10, .a_transfer = 1000});
  OpenStreams streams(2, quota);
  FakeStream first;
  FakeStream second;
  FakeStream third;
  EXPECT_EQ(quota.bytes(), 100);
  EXPECT_TRUE(streams.Add(&first).ok());
  EXPECT_TRUE(streams.Add(&second).ok());
  EXPECT_FALSE(streams.Add(&third).ok());
  EXPECT_EQ(quota.bytes(), 120);
  streams.Remove(&third);
  streams.Remove(&first);
  EXPECT_EQ(quota.bytes(), 110);
  const BufferQuota::Share transfer = quota.ForTransfer();
  EXPECT_EQ(quota.bytes(), 1110);
}

TEST(OpenStreams, AreAwaited) {
  BufferQuota quota({});
  OpenStreams streams(kMost, quota);
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
