// How a message of hpsearch/v1 is spelled in a study document.
#pragma once

#include <google/protobuf/descriptor.h>

namespace hpsearch::codec {

enum class MessageShape {
  kMapping,    // key by key
  kScalar,     // Scalar: any scalar
  kReferable,  // Number, Integer, Boolean, Text: a value or the name of a parameter
  kOneKey,     // Layer, Optimizer, Schedule: a mapping of the one key that is set in `kind`
  kDataset,    // a mapping, or a name alone
  kParameter,  // a constant, or a mapping of its generator and what stands beside it
  kSequence,   // Values: the sequence that its one field holds
};

MessageShape ShapeOf(const google::protobuf::Descriptor* type);

// The oneof `kind`; nullptr where the message has none.
const google::protobuf::OneofDescriptor* KindOf(const google::protobuf::Descriptor* type);

// Whether the field is the ordered mapping of parameters by name.
bool IsParameters(const google::protobuf::FieldDescriptor* field);

}  // namespace hpsearch::codec
