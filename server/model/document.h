// The study document: an ordered tree of scalars, sequences and mappings, as a study file, a stored study
// (canonical JSON) and a CreateStudy request all spell it. Everything that reads a study reads this tree, so
// that keys, defaults and faults exist once. References ("$name") stay raw text here; references.h reads them.
//
// A Node is a plain value: whoever holds it owns it; const access from many threads is safe. No errors.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace hpsearch::model {

// null, boolean, integer, number or text, as YAML 1.2's core schema tells them apart.
using Scalar = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

// The first double above every std::int64_t.
inline constexpr double kInt64End = 9223372036854775808.0;
// The value as a double where it is a number, integer or not.
std::optional<double> NumberIn(const Scalar& value);

class Node {
 public:
  struct Entry;
  using Sequence = std::vector<Node>;
  using Mapping = std::vector<Entry>;  // in the file's order

  // Implicit, so that a literal reads as itself. Defined below, where Entry is whole.
  Node();
  Node(Scalar scalar);         // NOLINT(google-explicit-constructor)
  Node(std::string text);      // NOLINT(google-explicit-constructor)
  Node(const char* text);      // NOLINT(google-explicit-constructor)
  Node(double number);         // NOLINT(google-explicit-constructor)
  Node(std::int64_t integer);  // NOLINT(google-explicit-constructor)
  Node(int integer);           // NOLINT(google-explicit-constructor)
  Node(bool boolean);          // NOLINT(google-explicit-constructor)
  Node(Sequence sequence);     // NOLINT(google-explicit-constructor)
  Node(Mapping mapping);       // NOLINT(google-explicit-constructor)

  bool is_scalar() const { return std::holds_alternative<Scalar>(value_); }
  bool is_null() const { return is_scalar() && std::holds_alternative<std::monostate>(scalar()); }
  bool is_text() const { return is_scalar() && std::holds_alternative<std::string>(scalar()); }
  bool is_sequence() const { return std::holds_alternative<Sequence>(value_); }
  bool is_mapping() const { return std::holds_alternative<Mapping>(value_); }

  // Require: the node is of that kind.
  const Scalar& scalar() const { return std::get<Scalar>(value_); }
  const std::string& text() const { return std::get<std::string>(scalar()); }
  const Sequence& sequence() const { return std::get<Sequence>(value_); }
  Sequence& sequence() { return std::get<Sequence>(value_); }
  const Mapping& mapping() const { return std::get<Mapping>(value_); }
  Mapping& mapping() { return std::get<Mapping>(value_); }

  // The value of a mapping's key; nullptr where there is none or the node is no mapping.
  const Node* Find(std::string_view key) const;
  Node* Find(std::string_view key);
  // Sets a mapping's key, in place where it stands already, else at the end; a null node becomes a mapping.
  Node& Set(std::string_view key, Node value);

  bool operator==(const Node& other) const;  // mappings are equal only in the same order

 private:
  std::variant<Scalar, Sequence, Mapping> value_;
};

struct Node::Entry {
  std::string key;
  Node value;
  bool operator==(const Entry&) const = default;
};

inline Node::Node() = default;
inline Node::Node(Scalar scalar) : value_(std::move(scalar)) {}
inline Node::Node(std::string text) : value_(Scalar(std::move(text))) {}
inline Node::Node(const char* text) : value_(Scalar(std::string(text))) {}
inline Node::Node(double number) : value_(Scalar(number)) {}
inline Node::Node(std::int64_t integer) : value_(Scalar(integer)) {}
inline Node::Node(int integer) : Node(static_cast<std::int64_t>(integer)) {}
inline Node::Node(bool boolean) : value_(Scalar(boolean)) {}
inline Node::Node(Sequence sequence) : value_(std::move(sequence)) {}
inline Node::Node(Mapping mapping) : value_(std::move(mapping)) {}

}  // namespace hpsearch::model
