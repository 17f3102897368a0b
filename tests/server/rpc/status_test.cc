#include "server/rpc/status.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace hpsearch::rpc {
namespace {

TEST(Status, KeepsCodeAndMessage) {
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  const grpc::Status status = ToGrpc(absl::AlreadyExistsError("there"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(status.error_message(), "there");
}

// A client refuses trailers of more than 8 KB and shows nothing of them.
TEST(Status, CutsLongMessagesAtALine) {
  std::string faults;
  for (int i = 0; i < 1000; ++i) faults += "model[" + std::to_string(i) + "]: a fault\n";
  const std::string message = ToGrpc(absl::InvalidArgumentError(faults)).error_message();
  EXPECT_LT(message.size(), 8000u);
  EXPECT_THAT(message, ::testing::ContainsRegex("a fault\n\\([0-9]+ more lines\\)$"));
}

TEST(Status, CutsNoCharacterInTwo) {
  std::string message;
  for (int i = 0; i < 5000; ++i) message += "é";
  const std::string cut = ToGrpc(absl::InternalError(message)).error_message();
  const std::string kept = cut.substr(0, cut.find('\n'));
  EXPECT_GT(kept.size(), 1000u);
  EXPECT_EQ(kept.size() % 2, 0u);
}

}  // namespace
}  // namespace hpsearch::rpc
