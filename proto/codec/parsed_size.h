// How much memory a message will take once it is parsed, found by a walk over its bytes that makes nothing: two
// bytes of the wire can stand for a message of two hundred, and a parser asks nobody.
//
// It is an upper bound, of the messages, strings and lists with what the allocator and their growth add, and of
// fields that the type does not have, which a parser keeps. Whether the bytes are sound is the parser's to say; a
// walk that gets no further says so.
//
// Immutable, any thread. Errors of Check: RESOURCE_EXHAUSTED (more than `most`), INVALID_ARGUMENT (no message).
#pragma once

#include <google/protobuf/descriptor.h>
#include <google/protobuf/io/zero_copy_stream.h>

#include <cstddef>
#include <map>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hpsearch::codec {

class ParsedSize {
 public:
  // For messages of that type, which is a generated one.
  explicit ParsedSize(const google::protobuf::Descriptor* type);

  // Reads the stream to its end, or as far as it is needed.
  absl::StatusOr<std::size_t> Of(google::protobuf::io::ZeroCopyInputStream* bytes, std::size_t most) const;

 private:
  struct Type;
  struct Field {
    enum class Kind { kUnknown, kScalar, kList, kText, kMessage } kind = Kind::kUnknown;
    int wire_type = 0;  // of one
    bool repeated = false;
    std::size_t element = 0;     // kList, of scalars: the fewest bytes that one takes on the wire
    const Type* type = nullptr;  // kMessage
  };
  struct Type {
    std::size_t object = 0;
    std::vector<Field> fields;  // by number
  };
  class Walk;

  const Type* Add(const google::protobuf::Descriptor* type);

  std::map<const google::protobuf::Descriptor*, Type> types_;
  const Type* root_;
};

}  // namespace hpsearch::codec
