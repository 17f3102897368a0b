#include "server/model/json.h"

#include <fmt/format.h>

#include <cmath>
#include <cstdint>
#include <iterator>
#include <nlohmann/json.hpp>
#include <unordered_set>
#include <utility>

#include "absl/status/status.h"

namespace hpsearch::model {
namespace {

constexpr std::size_t kMostBytes = 16 << 20;
constexpr std::size_t kDeepest = 64;

void Append(const std::string& text, std::string& json) {
  // Study files, JSON and messages are UTF-8 or are refused as they are read; if a text were not, a replaced byte
  // beats a throw.
  json += nlohmann::json(text).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

void Append(double number, std::string& json) {
  if (!std::isfinite(number)) {
    json += "null";
    return;
  }
  const std::size_t begin = json.size();
  fmt::format_to(std::back_inserter(json), "{}", number);  // the shortest that reads back to the same bits
  if (json.find_first_of(".e", begin) == std::string::npos) json += ".0";
}

void Append(const Scalar& scalar, std::string& json) {
  if (const auto* boolean = std::get_if<bool>(&scalar)) {
    json += *boolean ? "true" : "false";
  } else if (const auto* integer = std::get_if<std::int64_t>(&scalar)) {
    json += std::to_string(*integer);
  } else if (const auto* number = std::get_if<double>(&scalar)) {
    Append(*number, json);
  } else if (const auto* text = std::get_if<std::string>(&scalar)) {
    Append(*text, json);
  } else {
    json += "null";
  }
}

void Append(const Node& node, std::string& json) {
  if (node.is_scalar()) {
    Append(node.scalar(), json);
  } else if (node.is_sequence()) {
    json += '[';
    for (const Node& item : node.sequence()) {
      if (&item != &node.sequence().front()) json += ',';
      Append(item, json);
    }
    json += ']';
  } else {
    json += '{';
    for (const Node::Entry& entry : node.mapping()) {
      if (&entry != &node.mapping().front()) json += ',';
      Append(entry.key, json);
      json += ':';
      Append(entry.value, json);
    }
    json += '}';
  }
}

// Builds the tree from the parser's events. `open_` holds the containers that are not closed yet, outermost first.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { return Put(Node()); }
  bool boolean(bool value) override { return Put(Node(value)); }
  bool number_integer(number_integer_t value) override { return Put(Node(std::int64_t{value})); }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<std::uint64_t>(INT64_MAX)) return Fail("an integer does not fit 64 bits");
    return Put(Node(static_cast<std::int64_t>(value)));
  }
  bool number_float(number_float_t value, const string_t& spelled) override {
    // The parser turns integers that are too large into floats.
    if (spelled.find_first_of(".eE") == string_t::npos) return Fail("an integer does not fit 64 bits");
    return Put(Node(value));
  }
  bool string(string_t& text) override { return Put(Node(std::move(text))); }
  bool binary(binary_t&) override { return Fail("binary values are not JSON"); }
  bool start_object(std::size_t) override { return Open(Node(Node::Mapping())); }
  bool start_array(std::size_t) override { return Open(Node(Node::Sequence())); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& key) override {
    if (!open_.back().keys.insert(key).second) return Fail(fmt::format("the key '{}' stands twice", key));
    open_.back().key = std::move(key);
    return true;
  }
  bool parse_error(std::size_t, const std::string&, const nlohmann::detail::exception& error) override {
    return Fail(error.what());
  }

  Node& root() { return root_; }
  const std::string& fault() const { return fault_; }

 private:
  struct Container {
    Node node;
    std::string key;                       // of the entry that comes next
    std::unordered_set<std::string> keys;  // of a mapping, so far
  };

  bool Fail(std::string fault) {
    fault_ = std::move(fault);
    return false;
  }
  bool Open(Node node) {
    if (open_.size() == kDeepest) return Fail(fmt::format("nested deeper than {}", kDeepest));
    open_.push_back({std::move(node), {}, {}});
    return true;
  }
  bool Close() {
    Node node = std::move(open_.back().node);
    open_.pop_back();
    return Put(std::move(node));
  }
  bool Put(Node node) {
    if (open_.empty()) {
      root_ = std::move(node);
    } else if (Container& parent = open_.back(); parent.node.is_sequence()) {
      parent.node.sequence().push_back(std::move(node));
    } else {
      parent.node.mapping().push_back({std::move(parent.key), std::move(node)});
    }
    return true;
  }

  Node root_;
  std::vector<Container> open_;
  std::string fault_;
};

}  // namespace

std::string ToJson(const Node& node) {
  std::string json;
  Append(node, json);
  return json;
}

std::string ToJson(const Scalar& scalar) {
  std::string json;
  Append(scalar, json);
  return json;
}

absl::StatusOr<Node> FromJson(std::string_view text) {
  if (text.size() > kMostBytes) {
    return absl::InvalidArgumentError(
        fmt::format("{} bytes of JSON; at most {} are read", text.size(), kMostBytes));
  }
  TreeBuilder builder;
  if (!nlohmann::json::sax_parse(text.begin(), text.end(), &builder)) {
    return absl::InvalidArgumentError(builder.fault());
  }
  return std::move(builder.root());
}

}  // namespace hpsearch::model
