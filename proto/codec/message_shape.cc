#include "proto/codec/message_shape.h"

#include "hpsearch/v1/model.pb.h"
#include "hpsearch/v1/search_space.pb.h"

namespace hpsearch::codec {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::OneofDescriptor;

const OneofDescriptor* KindOf(const Descriptor* type) { return type->FindOneofByName("kind"); }

MessageShape ShapeOf(const Descriptor* type) {
  if (type == v1::Scalar::descriptor()) return MessageShape::kScalar;
  if (type == v1::Dataset::descriptor()) return MessageShape::kDataset;
  if (type == v1::Parameter::descriptor()) return MessageShape::kParameter;
  if (type == v1::Values::descriptor()) return MessageShape::kSequence;
  const OneofDescriptor* kind = KindOf(type);
  if (kind == nullptr) return MessageShape::kMapping;
  return type->FindFieldByName("parameter") != nullptr ? MessageShape::kReferable : MessageShape::kOneKey;
}

bool IsParameters(const FieldDescriptor* field) {
  return field->is_repeated() && field->message_type() == v1::Parameter::descriptor();
}

}  // namespace hpsearch::codec
