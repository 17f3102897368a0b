#include <fmt/format.h>

#include <string>
#include <variant>

#include "absl/status/status.h"
#include "hpsearch/v1/model.pb.h"
#include "hpsearch/v1/search_space.pb.h"
#include "proto/codec/document_codec.h"
#include "proto/codec/message_shape.h"
#include "server/model/fault.h"
#include "server/model/json.h"
#include "server/model/references.h"

namespace hpsearch::codec {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;
using model::Node;

// One walk from a document into a message. Every method returns the first fault, with its path.
class Writer {
 public:
  absl::Status Fill(const Node& node, const std::string& path, Message* message) {
    switch (ShapeOf(message->GetDescriptor())) {
      case MessageShape::kMapping:
        return FillMapping(node, path, message);
      case MessageShape::kScalar:
        return FillScalar(node, path, static_cast<v1::Scalar*>(message));
      case MessageShape::kReferable:
        return FillReferable(node, path, message);
      case MessageShape::kOneKey:
        return FillOneKey(node, path, message);
      case MessageShape::kDataset:
        if (node.is_text())
          return FillField(node, path, message, message->GetDescriptor()->FindFieldByName("name"));
        if (model::IsSwitch(node))
          return FillField(node, path, message, message->GetDescriptor()->FindFieldByName("switch"));
        return FillMapping(node, path, message);
      case MessageShape::kParameter:
        return FillParameter(node, path, static_cast<v1::Parameter*>(message));
      case MessageShape::kSequence:
        return FillField(node, path, message, message->GetDescriptor()->field(0));
      case MessageShape::kDocument:
        return FillDocument(node, path, static_cast<v1::Document*>(message));
      case MessageShape::kSwitch:
        return FillSwitch(node, path, static_cast<v1::Switch*>(message));
      case MessageShape::kPoint:
        return FillPoint(node, path, static_cast<v1::NamedPoint*>(message));
    }
    return absl::InternalError("no such message shape");
  }

 private:
  static absl::Status WrongType(const Node& node, const std::string& path, const char* wanted) {
    const char* found = "a mapping";
    if (node.is_sequence()) found = "a sequence";
    if (node.is_scalar()) {
      static constexpr const char* kNames[] = {"null", "a truth value", "an integer", "a number", "text"};
      found = kNames[node.scalar().index()];
    }
    if (node.is_scalar()) return Wrong(path, fmt::format("{} is {}; {} is wanted", Shown(node), found, wanted));
    return Wrong(path, fmt::format("{} stands here; {} is wanted", found, wanted));
  }

  // A scalar as its file spells it, cut where it is long.
  static std::string Shown(const Node& node) {
    constexpr std::size_t kMost = 60;
    std::string text = node.is_text() ? "'" + node.text() + "'" : model::ToJson(node);
    if (text.size() > kMost) text = text.substr(0, kMost) + "...";
    return text;
  }

  absl::Status FillMapping(const Node& node, const std::string& path, Message* message) {
    if (!node.is_mapping()) return WrongType(node, path, "a mapping");
    const Descriptor* type = message->GetDescriptor();
    for (const Node::Entry& entry : node.mapping()) {
      const std::string at = model::Join(path, entry.key);
      const FieldDescriptor* field = type->FindFieldByName(entry.key);
      if (field == nullptr) return UnknownKey(type, entry.key, at);
      if (entry.value.is_null()) continue;
      if (absl::Status status = FillField(entry.value, at, message, field); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  static absl::Status UnknownKey(const Descriptor* type, const std::string& key, const std::string& path) {
    return model::ToStatus(
        {{path, fmt::format("unknown key '{}'; known are: {}", key, FieldNames(type)), model::Fault::At::kKey}});
  }

  absl::Status FillField(const Node& node, const std::string& path, Message* message,
                         const FieldDescriptor* field) {
    const Reflection* reflection = message->GetReflection();
    if (!field->is_repeated()) {
      if (field->message_type() != nullptr) return Fill(node, path, reflection->MutableMessage(message, field));
      return FillPrimitive(node, path, message, field);
    }
    if (IsParameters(field)) return FillParameters(node, path, message, field);
    if (IsConditions(field)) return FillConditions(node, path, message, field);
    if (!node.is_sequence()) return WrongType(node, path, "a sequence");
    reflection->ClearField(message, field);
    for (std::size_t i = 0; i < node.sequence().size(); ++i) {
      const Node& element = node.sequence()[i];
      const std::string at = model::Join(path, i);
      absl::Status status = field->message_type() != nullptr
                                ? Fill(element, at, reflection->AddMessage(message, field))
                                : FillPrimitive(element, at, message, field);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status FillPrimitive(const Node& node, const std::string& path, Message* message,
                             const FieldDescriptor* field) {
    const Reflection* reflection = message->GetReflection();
    const bool repeated = field->is_repeated();
    const model::Scalar scalar = node.is_scalar() ? node.scalar() : model::Scalar();
    switch (field->cpp_type()) {
      case FieldDescriptor::CPPTYPE_BOOL: {
        const bool* value = std::get_if<bool>(&scalar);
        if (value == nullptr) return WrongType(node, path, "true or false");
        repeated ? reflection->AddBool(message, field, *value) : reflection->SetBool(message, field, *value);
        return absl::OkStatus();
      }
      case FieldDescriptor::CPPTYPE_INT64: {
        const std::int64_t* value = std::get_if<std::int64_t>(&scalar);
        if (value == nullptr) return WrongType(node, path, "an integer");
        repeated ? reflection->AddInt64(message, field, *value) : reflection->SetInt64(message, field, *value);
        return absl::OkStatus();
      }
      case FieldDescriptor::CPPTYPE_DOUBLE: {
        double value = 0;
        if (const double* number = std::get_if<double>(&scalar)) {
          value = *number;
        } else if (const std::int64_t* integer = std::get_if<std::int64_t>(&scalar)) {
          value = static_cast<double>(*integer);
        } else {
          return WrongType(node, path, "a number");
        }
        repeated ? reflection->AddDouble(message, field, value) : reflection->SetDouble(message, field, value);
        return absl::OkStatus();
      }
      case FieldDescriptor::CPPTYPE_STRING: {
        const std::string* value = std::get_if<std::string>(&scalar);
        if (value == nullptr) return WrongType(node, path, "text");
        repeated ? reflection->AddString(message, field, *value) : reflection->SetString(message, field, *value);
        return absl::OkStatus();
      }
      default:
        return absl::InternalError(fmt::format("{}: no document spells a {}", path, field->cpp_type_name()));
    }
  }

  absl::Status FillScalar(const Node& node, const std::string& path, v1::Scalar* message) {
    if (!node.is_scalar()) return WrongType(node, path, "a scalar");
    message->Clear();
    const model::Scalar& scalar = node.scalar();
    if (const bool* boolean = std::get_if<bool>(&scalar)) message->set_boolean(*boolean);
    if (const std::int64_t* integer = std::get_if<std::int64_t>(&scalar)) message->set_integer(*integer);
    if (const double* number = std::get_if<double>(&scalar)) message->set_number(*number);
    if (const std::string* text = std::get_if<std::string>(&scalar)) message->set_text(*text);
    return absl::OkStatus();
  }

  absl::Status FillReferable(const Node& node, const std::string& path, Message* message) {
    const Descriptor* type = message->GetDescriptor();
    // "$" alone, of a column in a lease, names nothing.
    if (node.is_text() && node.text().size() > 1 && node.text().starts_with('$') && node.text()[1] != '$') {
      return FillPrimitive(Node(node.text().substr(1)), path, message, type->FindFieldByName("parameter"));
    }
    if (model::IsSwitch(node)) {
      return Fill(node, path, message->GetReflection()->MutableMessage(message, type->FindFieldByName("switch")));
    }
    if (type == v1::Column::descriptor()) return FillColumn(node, path, static_cast<v1::Column*>(message));
    return FillPrimitive(node, path, message, type->FindFieldByName("value"));
  }

  static absl::Status FillColumn(const Node& node, const std::string& path, v1::Column* column) {
    const model::Scalar scalar = node.is_scalar() ? node.scalar() : model::Scalar();
    if (const auto* integer = std::get_if<std::int64_t>(&scalar)) {
      column->set_integer(*integer);
    } else if (const auto* number = std::get_if<double>(&scalar)) {
      column->set_number(*number);
    } else if (const auto* text = std::get_if<std::string>(&scalar)) {
      column->set_text(*text);
    } else {
      return WrongType(node, path, "a column's name or index");
    }
    return absl::OkStatus();
  }

  absl::Status FillOneKey(const Node& node, const std::string& path, Message* message) {
    if (model::IsSwitch(node)) {
      const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName("switch");
      return Fill(node, path, message->GetReflection()->MutableMessage(message, field));
    }
    if (!node.is_mapping() || node.mapping().size() != 1) return WrongType(node, path, "a mapping of one key");
    const Node::Entry& entry = node.mapping().front();
    const std::string at = model::Join(path, entry.key);
    const FieldDescriptor* field = message->GetDescriptor()->FindFieldByName(entry.key);
    if (field == nullptr) return UnknownKey(message->GetDescriptor(), entry.key, at);
    Message* chosen = message->GetReflection()->MutableMessage(message, field);
    return entry.value.is_null() ? absl::OkStatus() : Fill(entry.value, at, chosen);
  }

  absl::Status FillDocument(const Node& node, const std::string& path, v1::Document* document) {
    if (node.is_scalar()) return FillScalar(node, path, document->mutable_scalar());
    if (node.is_sequence()) {
      v1::DocumentSequence* sequence = document->mutable_sequence();
      for (std::size_t i = 0; i < node.sequence().size(); ++i) {
        absl::Status status = FillDocument(node.sequence()[i], model::Join(path, i), sequence->add_items());
        if (!status.ok()) return status;
      }
      return absl::OkStatus();
    }
    v1::DocumentMapping* mapping = document->mutable_mapping();
    for (const Node::Entry& entry : node.mapping()) {
      absl::Status status = FillEntry(entry, path, mapping->add_entries());
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status FillEntry(const Node::Entry& entry, const std::string& path, v1::DocumentEntry* message) {
    message->set_key(entry.key);
    return FillDocument(entry.value, model::Join(path, entry.key), message->mutable_value());
  }

  absl::Status FillSwitch(const Node& node, const std::string& path, v1::Switch* message) {
    const Node& chosen_by = *node.Find(model::kSwitch);
    const auto parameter = model::ReferenceIn(chosen_by);
    if (!parameter) return WrongType(chosen_by, model::Join(path, model::kSwitch), "a parameter's name behind $");
    message->set_parameter(std::string(*parameter));
    for (const Node::Entry& entry : node.mapping()) {
      if (entry.key == model::kSwitch) continue;
      if (absl::Status status = FillEntry(entry, path, message->add_branches()); !status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status FillPoint(const Node& node, const std::string& path, v1::NamedPoint* point) {
    if (!node.is_mapping()) return WrongType(node, path, "a mapping");
    for (const Node::Entry& entry : node.mapping()) {
      v1::NamedValue* named = point->add_values();
      named->set_parameter(entry.key);
      absl::Status status = FillScalar(entry.value, model::Join(path, entry.key), named->mutable_value());
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status FillConditions(const Node& node, const std::string& path, Message* message,
                              const FieldDescriptor* field) {
    if (!node.is_mapping()) return WrongType(node, path, "a mapping");
    message->GetReflection()->ClearField(message, field);
    for (const Node::Entry& entry : node.mapping()) {
      const std::string at = model::Join(path, entry.key);
      auto* condition = static_cast<v1::Condition*>(message->GetReflection()->AddMessage(message, field));
      condition->set_parameter(entry.key);
      absl::Status status;
      if (entry.value.is_scalar()) {
        status = FillScalar(entry.value, at, condition->add_values());
      } else if (entry.value.is_sequence()) {
        status = FillField(entry.value, at, condition, condition->GetDescriptor()->FindFieldByName("values"));
      } else {
        for (const char* key : {"parameter", "values"}) {  // of the message, not of the file
          if (entry.value.Find(key) != nullptr)
            return UnknownKey(condition->GetDescriptor(), key, model::Join(at, key));
        }
        status = FillMapping(entry.value, at, condition);
      }
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status FillParameters(const Node& node, const std::string& path, Message* message,
                              const FieldDescriptor* field) {
    if (!node.is_mapping()) return WrongType(node, path, "a mapping");
    message->GetReflection()->ClearField(message, field);
    for (const Node::Entry& entry : node.mapping()) {
      auto* parameter = static_cast<v1::Parameter*>(message->GetReflection()->AddMessage(message, field));
      absl::Status status = FillParameter(entry.value, model::Join(path, entry.key), parameter);
      if (!status.ok()) return status;
      parameter->set_name(entry.key);
    }
    return absl::OkStatus();
  }

  absl::Status FillParameter(const Node& node, const std::string& path, v1::Parameter* parameter) {
    if (node.is_scalar()) return FillScalar(node, path, parameter->mutable_constant());
    for (const char* key : {"name", "constant"}) {  // of the message, not of the file
      if (node.is_mapping() && node.Find(key) != nullptr) {
        return UnknownKey(parameter->GetDescriptor(), key, model::Join(path, key));
      }
    }
    return FillMapping(node, path, parameter);
  }
};

}  // namespace

absl::Status FromDocument(const Node& document, Message* message) { return Writer().Fill(document, "", message); }

}  // namespace hpsearch::codec
