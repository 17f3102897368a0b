#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>

#include "absl/status/status.h"
#include "hpsearch/v1/model.pb.h"
#include "hpsearch/v1/search_space.pb.h"
#include "proto/codec/document_codec.h"
#include "proto/codec/message_shape.h"
#include "server/model/fault.h"
#include "server/model/references.h"

namespace hpsearch::codec {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using model::Node;

// Of a branch's mapping: more than any layer or optimizer takes.
constexpr std::size_t kMostKeys = 1000;

// One walk from a message into a document. Every method returns the first fault, with its path.
class Reader {
 public:
  absl::StatusOr<Node> Read(const Message& message, const std::string& path) {
    // A newer client's field may change what the study means, so it is not passed over in silence.
    const google::protobuf::UnknownFieldSet& unknown = message.GetReflection()->GetUnknownFields(message);
    if (!unknown.empty()) {
      return Wrong(path, fmt::format("field {} of {} is not known to this version", unknown.field(0).number(),
                                     message.GetDescriptor()->name()));
    }
    switch (ShapeOf(message.GetDescriptor())) {
      case MessageShape::kDataset:
        return ReadDataset(static_cast<const v1::Dataset&>(message), path);
      case MessageShape::kMapping:
        return ReadMapping(message, path);
      case MessageShape::kScalar:
        return ReadScalar(static_cast<const v1::Scalar&>(message));
      case MessageShape::kReferable:
        return ReadReferable(message, path);
      case MessageShape::kOneKey:
        return ReadOneKey(message, path);
      case MessageShape::kParameter:
        return ReadParameter(static_cast<const v1::Parameter&>(message), path);
      case MessageShape::kSequence:
        return ReadSequence(message, message.GetDescriptor()->field(0), path);
      case MessageShape::kDocument:
        return ReadDocument(static_cast<const v1::Document&>(message), path);
      case MessageShape::kSwitch:
        return ReadSwitch(static_cast<const v1::Switch&>(message), path);
      case MessageShape::kPoint:
        return ReadPoint(static_cast<const v1::NamedPoint&>(message), path);
    }
    return absl::InternalError("no such message shape");
  }

 private:
  absl::StatusOr<Node> ReadMapping(const Message& message, const std::string& path) {
    Node::Mapping mapping;
    for (int i = 0; i < message.GetDescriptor()->field_count(); ++i) {
      const FieldDescriptor* field = message.GetDescriptor()->field(i);
      if (!IsSet(message, field)) continue;
      absl::StatusOr<Node> value = ReadField(message, field, model::Join(path, field->name()));
      if (!value.ok()) return value.status();
      mapping.push_back({field->name(), *std::move(value)});
    }
    return Node(std::move(mapping));
  }

  absl::StatusOr<Node> ReadDataset(const v1::Dataset& dataset, const std::string& path) {
    absl::StatusOr<Node> keys = ReadMapping(dataset, path);
    if (!keys.ok() || !dataset.has_switch_()) return keys;
    if (keys->mapping().size() > 1) return Wrong(path, "`switch` and other keys; one of the two is wanted");
    return Node(std::move(keys->mapping().front().value));
  }

  // A Number, Integer, ... with nothing in it says as little as one that is not there.
  static bool IsSet(const Message& message, const FieldDescriptor* field) {
    const Reflection* reflection = message.GetReflection();
    if (field->is_repeated()) return reflection->FieldSize(message, field) > 0;
    if (!reflection->HasField(message, field)) return false;
    if (field->message_type() == nullptr || ShapeOf(field->message_type()) != MessageShape::kReferable)
      return true;
    const Message& referable = reflection->GetMessage(message, field);
    return referable.GetReflection()->HasOneof(referable, KindOf(field->message_type())) ||
           !referable.GetReflection()->GetUnknownFields(referable).empty();
  }

  absl::StatusOr<Node> ReadField(const Message& message, const FieldDescriptor* field, const std::string& path) {
    if (IsParameters(field)) return ReadParameters(message, field, path);
    if (IsConditions(field)) return ReadConditions(message, field, path);
    if (field->is_repeated()) return ReadSequence(message, field, path);
    if (field->message_type() != nullptr) return Read(message.GetReflection()->GetMessage(message, field), path);
    return ReadPrimitive(message, field, -1, path);
  }

  absl::StatusOr<Node> ReadSequence(const Message& message, const FieldDescriptor* field,
                                    const std::string& path) {
    const Reflection* reflection = message.GetReflection();
    Node::Sequence sequence;
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      const std::string at = model::Join(path, static_cast<std::size_t>(i));
      absl::StatusOr<Node> element = field->message_type() != nullptr
                                         ? Read(reflection->GetRepeatedMessage(message, field, i), at)
                                         : ReadPrimitive(message, field, i, at);
      if (!element.ok()) return element.status();
      sequence.push_back(*std::move(element));
    }
    return Node(std::move(sequence));
  }

  // `index` counts in a repeated field and is -1 in any other.
  static absl::StatusOr<Node> ReadPrimitive(const Message& message, const FieldDescriptor* field, int index,
                                            const std::string& path) {
    const Reflection* reflection = message.GetReflection();
    const bool repeated = index >= 0;
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL:
        return Node(repeated ? reflection->GetRepeatedBool(message, field, index)
                             : reflection->GetBool(message, field));
      case FieldDescriptor::CPPTYPE_INT64:
        return Node(std::int64_t{repeated ? reflection->GetRepeatedInt64(message, field, index)
                                          : reflection->GetInt64(message, field)});
      case FieldDescriptor::CPPTYPE_DOUBLE:
        return Node(repeated ? reflection->GetRepeatedDouble(message, field, index)
                             : reflection->GetDouble(message, field));
      case FieldDescriptor::CPPTYPE_STRING:
        return Node(repeated ? reflection->GetRepeatedString(message, field, index)
                             : reflection->GetString(message, field));
      default:
        return absl::InternalError(fmt::format("{}: no document spells a {}", path, field->cpp_type_name()));
    }
  }

  static Node ReadScalar(const v1::Scalar& scalar) {
    switch (scalar.kind_case()) {
      case v1::Scalar::kBoolean:
        return Node(scalar.boolean());
      case v1::Scalar::kInteger:
        return Node(std::int64_t{scalar.integer()});
      case v1::Scalar::kNumber:
        return Node(scalar.number());
      case v1::Scalar::kText:
        return Node(scalar.text());
      case v1::Scalar::KIND_NOT_SET:
        return Node();
    }
    return Node();
  }

  absl::StatusOr<Node> ReadReferable(const Message& message, const std::string& path) {
    const FieldDescriptor* field =
        message.GetReflection()->GetOneofFieldDescriptor(message, KindOf(message.GetDescriptor()));
    if (field == nullptr) return Node();
    if (field->message_type() != nullptr) return ReadField(message, field, path);
    absl::StatusOr<Node> value = ReadPrimitive(message, field, -1, path);
    if (!value.ok() || !value->is_text()) return value;
    const std::string& text = value->text();
    if (field->name() == "parameter") {
      if (text.empty() || text.front() == '$') {
        return Wrong(path, fmt::format("'{}' names no parameter; a name without its '$' is wanted", text));
      }
      return Node("$" + text);
    }
    if (text.size() > 1 && text.starts_with('$') && text[1] != '$') {
      return Wrong(path, fmt::format("'{}' in `{}` would read as a reference; a parameter's name goes into "
                                     "`parameter`, literal text that begins with '$' is written '$$'",
                                     text, field->name()));
    }
    return value;
  }

  absl::StatusOr<Node> ReadOneKey(const Message& message, const std::string& path) {
    const google::protobuf::OneofDescriptor* kind = KindOf(message.GetDescriptor());
    const FieldDescriptor* field = message.GetReflection()->GetOneofFieldDescriptor(message, kind);
    if (field == nullptr) {
      return Wrong(path,
                   fmt::format("nothing is set; one of these is wanted: {}", FieldNames(message.GetDescriptor())));
    }
    const bool is_switch = ShapeOf(field->message_type()) == MessageShape::kSwitch;
    absl::StatusOr<Node> value = ReadField(message, field, is_switch ? path : model::Join(path, field->name()));
    if (!value.ok() || is_switch) return value;
    return Node(Node::Mapping{{field->name(), *std::move(value)}});
  }

  absl::StatusOr<Node> ReadDocument(const v1::Document& document, const std::string& path) {
    if (document.has_mapping()) {
      Node::Mapping mapping;
      for (const v1::DocumentEntry& entry : document.mapping().entries()) {
        if (absl::Status status = ReadEntry(entry, path, mapping); !status.ok()) return status;
      }
      return Node(std::move(mapping));
    }
    if (!document.has_sequence()) return Read(document.scalar(), path);
    Node::Sequence sequence;
    for (const v1::Document& item : document.sequence().items()) {
      absl::StatusOr<Node> value = Read(item, model::Join(path, sequence.size()));
      if (!value.ok()) return value;
      sequence.push_back(*std::move(value));
    }
    return Node(std::move(sequence));
  }

  absl::Status ReadEntry(const v1::DocumentEntry& entry, const std::string& path, Node::Mapping& mapping) {
    const std::string at = model::Join(path, entry.key());
    for (const Node::Entry& other : mapping) {
      if (other.key == entry.key()) return Wrong(at, "stands twice; a key has one value");
    }
    if (mapping.size() == kMostKeys) return Wrong(path, fmt::format("more than {} keys", kMostKeys));
    absl::StatusOr<Node> value = Read(entry.value(), at);
    if (!value.ok()) return value.status();
    mapping.push_back({entry.key(), *std::move(value)});
    return absl::OkStatus();
  }

  absl::StatusOr<Node> ReadSwitch(const v1::Switch& message, const std::string& path) {
    Node::Mapping mapping = {{model::kSwitch, Node("$" + message.parameter())}};
    for (const v1::DocumentEntry& branch : message.branches()) {
      if (absl::Status status = ReadEntry(branch, path, mapping); !status.ok()) return status;
    }
    return Node(std::move(mapping));
  }

  absl::StatusOr<Node> ReadPoint(const v1::NamedPoint& point, const std::string& path) {
    Node::Mapping mapping;
    std::unordered_set<std::string> names;
    for (const v1::NamedValue& named : point.values()) {
      const std::string at = model::Join(path, named.parameter());
      if (!names.insert(named.parameter()).second) return Wrong(at, "stands twice; a parameter has one value");
      absl::StatusOr<Node> unknown = Read(named, at);  // fields of a newer client
      if (!unknown.ok()) return unknown;
      mapping.push_back({named.parameter(), ReadScalar(named.value())});
    }
    return Node(std::move(mapping));
  }

  absl::StatusOr<Node> ReadConditions(const Message& message, const FieldDescriptor* field,
                                      const std::string& path) {
    const Reflection* reflection = message.GetReflection();
    Node::Mapping mapping;
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      const auto& condition = static_cast<const v1::Condition&>(reflection->GetRepeatedMessage(message, field, i));
      const std::string at = model::Join(path, condition.parameter());
      if (std::ranges::any_of(mapping,
                              [&](const Node::Entry& entry) { return entry.key == condition.parameter(); })) {
        return Wrong(at, "stands twice; a parameter has one condition");
      }
      if (mapping.size() == kMostKeys) return Wrong(path, fmt::format("more than {} keys", kMostKeys));
      absl::StatusOr<Node> value = ReadCondition(condition, at);
      if (!value.ok()) return value;
      mapping.push_back({condition.parameter(), *std::move(value)});
    }
    return Node(std::move(mapping));
  }

  absl::StatusOr<Node> ReadCondition(const v1::Condition& condition, const std::string& path) {
    absl::StatusOr<Node> keys = ReadMapping(condition, path);
    if (!keys.ok()) return keys;
    std::erase_if(keys->mapping(), [](const Node::Entry& entry) { return entry.key == "parameter"; });
    const Node* values = keys->Find("values");
    if (values == nullptr) return keys;
    if (keys->mapping().size() > 1) return Wrong(path, "`values` and an interval; one of the two is wanted");
    return Node(*values);
  }

  absl::StatusOr<Node> ReadParameters(const Message& message, const FieldDescriptor* field,
                                      const std::string& path) {
    const Reflection* reflection = message.GetReflection();
    Node::Mapping mapping;
    std::unordered_set<std::string> names;
    for (int i = 0; i < reflection->FieldSize(message, field); ++i) {
      const auto& parameter = static_cast<const v1::Parameter&>(reflection->GetRepeatedMessage(message, field, i));
      const std::string at = model::Join(path, parameter.name());
      if (!names.insert(parameter.name()).second) return Wrong(at, "stands twice; a parameter has one entry");
      absl::StatusOr<Node> value = Read(parameter, at);
      if (!value.ok()) return value;
      mapping.push_back({parameter.name(), *std::move(value)});
    }
    return Node(std::move(mapping));
  }

  absl::StatusOr<Node> ReadParameter(const v1::Parameter& parameter, const std::string& path) {
    if (parameter.has_constant()) {
      if (parameter.include_size() > 0 || parameter.bounds_size() > 0 || parameter.when_size() > 0 ||
          parameter.has_per()) {
        return Wrong(path, "a constant takes neither `include`, `bounds`, `when` nor `per`");
      }
      return Read(parameter.constant(), path);
    }
    absl::StatusOr<Node> mapping = ReadMapping(parameter, path);
    if (!mapping.ok()) return mapping;
    std::erase_if(mapping->mapping(), [](const Node::Entry& entry) { return entry.key == "name"; });
    return mapping;
  }
};

}  // namespace

absl::StatusOr<Node> ToDocument(const Message& message) { return Reader().Read(message, ""); }

}  // namespace hpsearch::codec
