// Messages as gRPC has them before and after they are bytes, where the bytes are looked at before a message is
// made of them: calls whose messages could grow to many times their size. Any thread.
#pragma once

#include <google/protobuf/message.h>
#include <grpcpp/support/byte_buffer.h>

#include <cstddef>

#include "absl/status/status.h"
#include "proto/codec/parsed_size.h"

namespace hpsearch::rpc {

// What a message may take in memory: several times what the largest specification does.
inline constexpr std::size_t kMostParsedBytes = std::size_t{32} << 20;

// INVALID_ARGUMENT: the bytes are no such message. RESOURCE_EXHAUSTED: it would take more than kMostParsedBytes;
// then `message` is as it was. `size` is of the message's type.
absl::Status FromBytes(const grpc::ByteBuffer& bytes, const codec::ParsedSize& size,
                       google::protobuf::Message* message);

grpc::ByteBuffer ToBytes(const google::protobuf::Message& message);

}  // namespace hpsearch::rpc
