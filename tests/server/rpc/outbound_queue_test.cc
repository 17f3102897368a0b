#include "server/rpc/outbound_queue.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace hpsearch::rpc {
namespace {

using ::testing::ElementsAre;

struct RecordedStream {
  void StartWrite(const int* message) {
    EXPECT_FALSE(writing) << "two writes under way";
    EXPECT_FALSE(finished.has_value());
    writing = true;
    written.push_back(*message);
  }
  void Finish(const grpc::Status& status) {
    EXPECT_FALSE(writing) << "finished under a write";
    EXPECT_FALSE(finished.has_value()) << "finished twice";
    finished = status.error_code();
  }

  bool writing = false;
  std::vector<int> written;
  std::optional<grpc::StatusCode> finished;
};

class OutboundQueueTest : public ::testing::Test {
 protected:
  void Complete(bool ok = true) {
    stream_.writing = false;
    queue_.Written(ok);
  }
  RecordedStream stream_;
  OutboundQueue<int, RecordedStream> queue_{stream_};
};

TEST_F(OutboundQueueTest, WritesOneByOneInOrder) {
  for (int i = 1; i <= 3; ++i) queue_.Push(i);
  EXPECT_THAT(stream_.written, ElementsAre(1));
  Complete();
  Complete();
  EXPECT_THAT(stream_.written, ElementsAre(1, 2, 3));
  Complete();
  EXPECT_TRUE(queue_.empty());
  queue_.Push(4);
  EXPECT_THAT(stream_.written, ElementsAre(1, 2, 3, 4));
}

TEST_F(OutboundQueueTest, TheEndWaitsForTheWriteAndDropsTheRest) {
  queue_.Push(1);
  queue_.Push(2);
  queue_.End(absl::UnavailableError("stop"));
  queue_.End(absl::OkStatus());
  queue_.Push(3);
  EXPECT_FALSE(stream_.finished.has_value());
  Complete();
  EXPECT_THAT(stream_.written, ElementsAre(1));
  EXPECT_EQ(stream_.finished, grpc::StatusCode::UNAVAILABLE);
}

TEST_F(OutboundQueueTest, AFailedWriteEndsTheStream) {
  queue_.Push(1);
  queue_.Push(2);
  Complete(false);
  EXPECT_TRUE(queue_.ended());
  EXPECT_TRUE(stream_.finished.has_value());
  queue_.Push(3);
  EXPECT_THAT(stream_.written, ElementsAre(1));
}

}  // namespace
}  // namespace hpsearch::rpc
