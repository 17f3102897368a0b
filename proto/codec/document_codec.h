// Study documents as messages of hpsearch/v1 and back. The messages' fields are named as the study file's keys, so
// one walk over descriptors serves every section of a study, whole studies (StudySpec) and a worker's lease alike.
//
//   document                              message
//   mapping                               message; unset fields are left out, null is unset
//   sequence                              repeated field
//   scalar of a model, training or        Number, Integer, Boolean, Text, Column: "$x" is {parameter: "x"}, all
//   dataset section                       else is {value}, or the column's type; text that begins with "$$" stays
//   scalar of a parameters section        Scalar; null is a Scalar with nothing set
//   {dense: {...}}                        a message whose oneof is called `kind`: Layer, Optimizer, Schedule
//   {switch: $p, a: ..., b: ...}          Switch in such a oneof, or in Dataset; its branches in Documents
//   when: {p: [a, b], q: {min: 2}}        repeated Condition, in the mapping's order
//   enqueue: [{x: 1}]                     repeated NamedPoint, each in its mapping's order
//   dataset: name                         {name}; comes back as a mapping
//   parameters: {x: 1, y: {values: []}}   repeated Parameter, in the mapping's order
//
// A canonical document comes back equal but for keys whose default is "nothing". What a document means is not
// looked at here: study::ReadSpec checks it.
//
// Pure; any thread. Recursion follows documents (which are at most 64 deep) and messages (which protobuf bounds).
#pragma once

#include <google/protobuf/message.h>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/model/document.h"

namespace hpsearch::codec {

// Sets the fields that the document names and leaves all others as they are. INVALID_ARGUMENT, with the key's
// path: a key that the message lacks, or a value of the wrong type (an integer does for a number). The message is
// unspecified then.
absl::Status FromDocument(const model::Node& document, google::protobuf::Message* message);

// INVALID_ARGUMENT, with the key's path: a `kind` with nothing in it, two parameters of one name, text in `value`
// that would read as a reference, or a field that this version does not know.
absl::StatusOr<model::Node> ToDocument(const google::protobuf::Message& message);

}  // namespace hpsearch::codec
