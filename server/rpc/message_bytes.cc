#include "server/rpc/message_bytes.h"

#include <grpcpp/support/proto_buffer_reader.h>
#include <grpcpp/support/slice.h>

#include "absl/status/statusor.h"

namespace hpsearch::rpc {
namespace {

// A shorter message comes to two megabytes at the worst, and is not walked through twice.
constexpr std::size_t kShort = std::size_t{16} << 10;

}  // namespace

absl::Status FromBytes(const grpc::ByteBuffer& bytes, const codec::ParsedSize& size,
                       google::protobuf::Message* message) {
  auto* buffer = const_cast<grpc::ByteBuffer*>(&bytes);  // which is only read
  if (bytes.Length() > kShort) {
    grpc::ProtoBufferReader reader(buffer);
    if (absl::Status status = size.Of(&reader, kMostParsedBytes).status(); !status.ok()) return status;
  }
  grpc::ProtoBufferReader reader(buffer);
  if (reader.status().ok() && message->ParseFromZeroCopyStream(&reader)) return absl::OkStatus();
  return absl::InvalidArgumentError("the bytes are no such message");
}

grpc::ByteBuffer ToBytes(const google::protobuf::Message& message) {
  grpc::Slice slice(message.ByteSizeLong());
  message.SerializeWithCachedSizesToArray(const_cast<std::uint8_t*>(slice.begin()));
  return {&slice, 1};
}

}  // namespace hpsearch::rpc
