#include "server/model/document.h"

namespace hpsearch::model {

std::optional<double> NumberIn(const Scalar& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  if (const auto* number = std::get_if<double>(&value)) return *number;
  return std::nullopt;
}

const Node* Node::Find(std::string_view key) const {
  if (!is_mapping()) return nullptr;
  for (const Entry& entry : mapping()) {
    if (entry.key == key) return &entry.value;
  }
  return nullptr;
}

Node* Node::Find(std::string_view key) { return const_cast<Node*>(static_cast<const Node*>(this)->Find(key)); }

Node& Node::Set(std::string_view key, Node value) {
  if (is_null()) value_ = Mapping();
  if (Node* there = Find(key)) {
    *there = std::move(value);
    return *there;
  }
  return mapping().emplace_back(Entry{std::string(key), std::move(value)}).value;
}

bool Node::operator==(const Node& other) const { return value_ == other.value_; }

}  // namespace hpsearch::model
