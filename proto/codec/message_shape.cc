#include "proto/codec/message_shape.h"

#include "hpsearch/v1/model.pb.h"
#include "hpsearch/v1/search_space.pb.h"
#include "server/model/fault.h"

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
  if (type == v1::Document::descriptor()) return MessageShape::kDocument;
  if (type == v1::Switch::descriptor()) return MessageShape::kSwitch;
  if (type == v1::NamedPoint::descriptor()) return MessageShape::kPoint;
  const OneofDescriptor* kind = KindOf(type);
  if (kind == nullptr) return MessageShape::kMapping;
  return type->FindFieldByName("parameter") != nullptr ? MessageShape::kReferable : MessageShape::kOneKey;
}

bool IsParameters(const FieldDescriptor* field) {
  return field->is_repeated() && field->message_type() == v1::Parameter::descriptor();
}

bool IsConditions(const FieldDescriptor* field) {
  return field->is_repeated() && field->message_type() == v1::Condition::descriptor();
}

std::string FieldNames(const Descriptor* type) {
  std::string names;
  for (int i = 0; i < type->field_count(); ++i) names += (i == 0 ? "" : ", ") + type->field(i)->name();
  return names;
}

absl::Status Wrong(const std::string& path, const std::string& message) {
  return model::ToStatus({{path, message, model::Fault::At::kValue}});
}

}  // namespace hpsearch::codec
