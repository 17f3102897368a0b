#include "proto/codec/parsed_size.h"

#include <gmock/gmock.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>

#include "hpsearch/v1/study_service.pb.h"
#include "hpsearch/v1/worker_service.pb.h"
#include "proto/codec/document_codec.h"
#include "tests/proto/codec/documents.h"

namespace hpsearch::codec {
namespace {

using google::protobuf::io::ArrayInputStream;
using ::testing::HasSubstr;

constexpr std::size_t kMuch = std::size_t{1} << 30;
constexpr int kBlock = 100;  // bytes that the walk sees at once, so that it crosses from one to the next

template <class Message>
absl::StatusOr<std::size_t> SizeOf(const std::string& bytes, std::size_t most = kMuch) {
  ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()), kBlock);
  return ParsedSize(Message::descriptor()).Of(&stream, most);
}

// What is said of the bytes, which is enough for what the parser makes of them.
template <class Message>
std::size_t Held(const std::string& bytes) {
  const absl::StatusOr<std::size_t> said = SizeOf<Message>(bytes);
  Message message;
  EXPECT_TRUE(message.ParseFromString(bytes));
  EXPECT_TRUE(said.ok()) << said.status();
  EXPECT_LE(message.SpaceUsedLong(), said.value_or(0));
  return said.value_or(0);
}

std::string Repeated(const std::string& bytes, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += bytes;
  return all;
}

TEST(ParsedSize, IsEnoughForAnyStudy) {
  rc::check([] {
    v1::CreateStudyRequest request;
    RC_ASSERT(FromDocument(testing::AnyStudy(), request.mutable_spec()).ok());
    const std::string bytes = request.SerializeAsString();
    const absl::StatusOr<std::size_t> said = SizeOf<v1::CreateStudyRequest>(bytes);
    RC_ASSERT(said.ok());
    v1::CreateStudyRequest parsed;
    RC_ASSERT(parsed.ParseFromString(bytes));
    RC_ASSERT(parsed.SpaceUsedLong() <= *said);
  });
}

TEST(ParsedSize, IsEnoughForWhatWorkersReport) {
  v1::WorkerMessage message;
  for (int i = 0; i < 100; ++i) {
    auto& reports = *message.mutable_several()->add_messages()->mutable_reports();
    auto& report = *reports.add_reports();
    report.set_study("a-study-of-a-name-of-more-than-fifteen-bytes");
    for (int epoch = 1; epoch <= 10; ++epoch) {
      auto& each = *report.add_epochs();
      each.set_epoch(epoch);
      each.set_train_loss(0.5);
      each.add_metrics()->set_name("validation_accuracy");
    }
  }
  const std::size_t said = Held<v1::WorkerMessage>(message.SerializeAsString());
  EXPECT_LT(said, 3 * message.SpaceUsedLong()) << "and not many times as much";
}

TEST(ParsedSize, CountsWhatIsEmptyOnTheWire) {
  v1::CreateStudyRequest request;
  for (int i = 0; i < 10'000; ++i) request.mutable_spec()->add_model();
  const std::string bytes = request.SerializeAsString();
  EXPECT_GT(Held<v1::CreateStudyRequest>(bytes), 20 * bytes.size());
}

TEST(ParsedSize, CountsListsOfNumbers) {
  v1::DatasetOffer offer;
  for (int i = 0; i < 10'000; ++i) offer.add_sample_shape(1);
  EXPECT_GE(Held<v1::DatasetOffer>(offer.SerializeAsString()), 8 * 10'000);
  Held<v1::DatasetOffer>(Repeated("\x20\x01", 10'000));  // each by itself
}

TEST(ParsedSize, CountsFieldsThatTheTypeDoesNotHave) {
  const std::string varint = "\xf8\x07\x01";
  const std::string text = "\xfa\x07\x03xyz";
  const std::string group = "\xfb\x07" + varint + "\xfc\x07";
  for (const std::string& stray : {varint, text, group, Repeated(group, 3)}) {
    EXPECT_GT(Held<v1::GetStudyRequest>(Repeated(stray, 1'000)), 16'000);
    Held<v1::GetStudyRequest>(stray);
  }
  // A field of another wire type than its own is one of them.
  EXPECT_GT(Held<v1::GetStudyRequest>(Repeated("\x08\x01", 1'000)), 16'000);
}

TEST(ParsedSize, EndsWhereItIsMore) {
  const std::string layers = Repeated(std::string("\x2a\x00", 2), 1'000'000);
  ArrayInputStream stream(layers.data(), static_cast<int>(layers.size()), kBlock);
  const absl::Status status = ParsedSize(v1::StudySpec::descriptor()).Of(&stream, 1 << 20).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_THAT(std::string(status.message()), HasSubstr("more than 1 MiB of memory"));
  EXPECT_LT(stream.ByteCount(), 100'000);
}

TEST(ParsedSize, RefusesWhatIsNoMessage) {
  for (const std::string& bytes : {
           std::string("\x12\x05xyz"),               // shorter than it says
           std::string("\x12\xff\xff\xff\xff\x0f"),  // longer than there can be
           std::string("\xfb\x07\x08\x01"),          // a group without an end
           std::string("\xfc\x07"),                  // an end without a group
           std::string("\x0f"),                      // a wire type that there is not
           std::string("\x00", 1),                   // no field
       }) {
    EXPECT_EQ(SizeOf<v1::CreateStudyRequest>(bytes).status().code(), absl::StatusCode::kInvalidArgument);
    EXPECT_FALSE(v1::CreateStudyRequest().ParseFromString(bytes));
  }
}

TEST(ParsedSize, RefusesWhatIsNestedDeeperThanAParserGoes) {
  v1::WorkerMessage message;
  std::string bytes = message.SerializeAsString();
  for (int levels = 0; levels < 50; ++levels) {
    message.Clear();
    message.mutable_several()->add_messages()->ParseFromString(bytes);
    bytes = message.SerializeAsString();
  }
  Held<v1::WorkerMessage>(bytes);  // a hundred levels
  v1::WorkerMessages more;
  *more.add_messages() = message;
  EXPECT_EQ(SizeOf<v1::WorkerMessages>(more.SerializeAsString()).status().code(),
            absl::StatusCode::kInvalidArgument);
}

}  // namespace
}  // namespace hpsearch::codec
