// Bytes as a message, as the server takes them: walked through first, and what the walk said is held against what
// the parser made of them.
//
// Threads: one. Errors: std::abort through Require.
#pragma once

#include <google/protobuf/io/zero_copy_stream_impl_lite.h>

#include "proto/codec/parsed_size.h"
#include "tests/fuzz/input.h"

namespace hpsearch::fuzz {

// False: it is no such message, or one of more than a megabyte.
template <class Message>
bool Parse(Input bytes, Message* message) {
  static const codec::ParsedSize size(Message::descriptor());
  google::protobuf::io::ArrayInputStream stream(bytes.data(), static_cast<int>(bytes.size()));
  const absl::StatusOr<std::size_t> said = size.Of(&stream, std::size_t{1} << 20);
  if (absl::IsResourceExhausted(said.status())) return false;
  if (!message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return false;
  Require(said.ok(), "what can be parsed can be walked through");
  Require(message->SpaceUsedLong() <= *said, "no message is larger than was said");
  return true;
}

}  // namespace hpsearch::fuzz
