// How a message of hpsearch/v1 is spelled in a study document, and what both ways between them share. Pure; any
// thread.
#pragma once

#include <google/protobuf/descriptor.h>

#include <string>

#include "absl/status/status.h"

namespace hpsearch::codec {

enum class MessageShape {
  kMapping,    // key by key
  kScalar,     // Scalar: any scalar
  kReferable,  // Number, Integer, Boolean, Text, Column: a value, the name of a parameter, or a switch
  kOneKey,     // Layer, Optimizer, Schedule: a mapping of the one key that is set in `kind`, or a switch
  kDataset,    // a mapping, a name alone, or a switch
  kParameter,  // a constant, or a mapping of its generator and what stands beside it
  kSequence,   // Values: the sequence that its one field holds
  kDocument,   // Document: whatever stands there
  kSwitch,     // Switch: a mapping of `switch` and its branches
  kPoint,      // NamedPoint: a mapping of scalars by parameter
};

MessageShape ShapeOf(const google::protobuf::Descriptor* type);

// The oneof `kind`; nullptr where the message has none.
const google::protobuf::OneofDescriptor* KindOf(const google::protobuf::Descriptor* type);

// Whether the field is the ordered mapping of parameters by name.
bool IsParameters(const google::protobuf::FieldDescriptor* field);

// Whether the field is the ordered mapping of conditions by parameter.
bool IsConditions(const google::protobuf::FieldDescriptor* field);

// The names of the fields, as a fault lists them: "a, b".
std::string FieldNames(const google::protobuf::Descriptor* type);

// INVALID_ARGUMENT: a fault of the value at that key path.
absl::Status Wrong(const std::string& path, const std::string& message);

}  // namespace hpsearch::codec
