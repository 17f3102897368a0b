#include "server/listen/listen_address.h"

#include <gtest/gtest.h>

namespace hpsearch::listen {
namespace {

TEST(ListenAddress, KnowsLoopback) {
  EXPECT_TRUE(ParseListenAddress("127.0.0.1:7070")->loopback);
  EXPECT_TRUE(ParseListenAddress("127.8.9.10:1")->loopback);
  EXPECT_TRUE(ParseListenAddress("[::1]:7070")->loopback);
  EXPECT_TRUE(ParseListenAddress("localhost:0")->loopback);
  EXPECT_FALSE(ParseListenAddress("0.0.0.0:7070")->loopback);
  EXPECT_FALSE(ParseListenAddress("[::]:7070")->loopback);
  EXPECT_FALSE(ParseListenAddress("192.168.1.4:7070")->loopback);
}

TEST(ListenAddress, IsWrittenAsItIsBound) {
  EXPECT_EQ(ParseListenAddress("localhost:7070")->ToString(), "127.0.0.1:7070");
  EXPECT_EQ(ParseListenAddress("[::1]:7070")->ToString(), "[::1]:7070");
}

TEST(ListenAddress, IsForOthersOnlyWhereThatIsSaid) {
  EXPECT_TRUE(CheckReach(*ParseListenAddress("127.0.0.1:7070"), false).ok());
  EXPECT_TRUE(CheckReach(*ParseListenAddress("0.0.0.0:7070"), true).ok());
  EXPECT_TRUE(absl::IsPermissionDenied(CheckReach(*ParseListenAddress("0.0.0.0:7070"), false)));
}

TEST(ListenAddress, RefusesTheRest) {
  for (const char* text :
       {"", "127.0.0.1", ":7070", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1", "127.0.0.1:x", "::1:7070",
        "[127.0.0.1]:7070", "example.org:7070", "unix:/tmp/socket"}) {
    EXPECT_EQ(ParseListenAddress(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
}

}  // namespace
}  // namespace hpsearch::listen
