#include "client/study_file/yaml_document.h"

#include <fmt/format.h>
#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <map>
#include <optional>
#include <sstream>
#include <string_view>

#include "absl/container/flat_hash_set.h"
#include "client/study_file/text_check.h"
#include "client/study_file/yaml_scalar.h"

namespace hpsearch::study_file {
namespace {

using model::Node;

constexpr std::string_view kCoreTag = "tag:yaml.org,2002:";

// Ends the parse at a fault that leaves no document behind.
struct Broken {
  LocatedFault fault;
};

// yaml-cpp counts lines and bytes from 0.
class Lines {
 public:
  explicit Lines(std::string_view text) : text_(text) {
    for (std::size_t begin = 0; begin <= text.size();) {
      lines_.push_back(text.substr(begin, text.find('\n', begin) - begin));
      begin += lines_.back().size() + 1;
    }
  }
  Position At(const YAML::Mark& mark) const {
    if (mark.line < 0 || static_cast<std::size_t>(mark.line) >= lines_.size()) return {1, 1};
    // Marks mostly advance, so that a long line is counted once and not from its start for each mark.
    const std::string_view line = lines_[mark.line];
    if (mark.line != counted_.line || mark.column < counted_.bytes) counted_ = {mark.line, 0, 1};
    counted_.column += ColumnOf(line.substr(counted_.bytes), mark.column - counted_.bytes) - 1;
    counted_.bytes = std::min<int>(mark.column, static_cast<int>(line.size()));
    return {mark.line + 1, counted_.column};
  }
  // From there to the end of the file.
  std::string_view From(const YAML::Mark& mark) const {
    if (mark.line < 0 || static_cast<std::size_t>(mark.line) >= lines_.size()) return "";
    const std::size_t begin = lines_[mark.line].data() - text_.data() + std::max(mark.column, 0);
    return begin < text_.size() ? text_.substr(begin) : "";
  }

 private:
  struct Counted {
    int line = -1, bytes = 0, column = 1;
  };
  std::string_view text_;
  mutable Counted counted_;
  std::vector<std::string_view> lines_;
};

// Whether what begins with a quote ends with one; yaml-cpp lets the end of the file do.
bool EndsItsQuote(std::string_view text) {
  const char quote = text[0];
  for (std::size_t at = 1; at < text.size(); ++at) {
    if (quote == '"' && text[at] == '\\') {
      ++at;
    } else if (text[at] == quote) {
      if (quote == '"' || at + 1 == text.size() || text[at + 1] != quote) return true;
      ++at;  // '' is a quote within
    }
  }
  return false;
}

// Nodes in a tree; aliases copy them.
std::int64_t Count(const Node& node) {
  std::int64_t count = 1;
  if (node.is_sequence()) {
    for (const Node& item : node.sequence()) count += Count(item);
  } else if (node.is_mapping()) {
    for (const Node::Entry& entry : node.mapping()) count += Count(entry.value);
  }
  return count;
}

class Builder : public YAML::EventHandler {
 public:
  Builder(const Lines& lines, YamlDocument& document) : lines_(lines), document_(document) {}

  void OnDocumentStart(const YAML::Mark& mark) override {
    if (documents_++ == 1) {
      throw Broken{{lines_.At(mark), "", "a second document begins here; a study file has one"}};
    }
  }
  void OnDocumentEnd() override {}

  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { AddLeaf(mark, anchor, Node()); }

  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    const std::string_view written = lines_.From(mark);
    const bool quoted = tag == "!" && (written.starts_with('\'') || written.starts_with('"'));
    if (quoted && !EndsItsQuote(written)) {
      throw Broken{{lines_.At(mark), "", "a quote begins here and has no end"}};
    }
    if (WantsKey()) return TakeKey(mark, tag, value);
    AddLeaf(mark, anchor, Resolve(mark, tag, value));
  }

  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto known = anchors_.find(anchor);
    if (known == anchors_.end()) throw Broken{{lines_.At(mark), "", "an alias within its own anchor"}};
    if (static_cast<int>(open_.size()) + DepthOf(known->second) > kMaxDepth) TooDeep(mark);
    Spend(mark, Count(known->second));
    AddLeaf(mark, YAML::NullAnchor, known->second);
  }

  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    Enter(mark, tag, "seq", anchor, Node::Sequence());
  }
  void OnSequenceEnd() override { Leave(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    Enter(mark, tag, "map", anchor, Node::Mapping());
  }
  void OnMapEnd() override { Leave(); }

 private:
  struct Open {
    Node node;
    std::string path;
    YAML::anchor_t anchor = YAML::NullAnchor;
    absl::flat_hash_set<std::string> keys;  // those that stand already
    std::optional<std::string> key;         // of a mapping, whose value comes next
    Position key_position;
    bool skip_value = false;  // the key is at fault: its value is read over
    bool skip = false;        // so is this whole collection
  };

  bool WantsKey() const { return !open_.empty() && open_.back().node.is_mapping() && !open_.back().key; }

  [[noreturn]] void TooDeep(const YAML::Mark& mark) const {
    throw Broken{{lines_.At(mark), "", fmt::format("nested deeper than {} levels", kMaxDepth)}};
  }

  void Spend(const YAML::Mark& mark, std::int64_t nodes) {
    spent_ += nodes;
    if (spent_ > kMaxNodes) {
      throw Broken{{lines_.At(mark), "",
                    fmt::format("more than {} values, aliases written out; a study file has fewer", kMaxNodes)}};
    }
  }

  void Fault(Position position, const std::string& path, std::string message) {
    document_.faults.push_back({position, path, std::move(message)});
  }

  void TakeKey(const YAML::Mark& mark, const std::string& tag, const std::string& value) {
    Spend(mark, 1);
    Open& open = open_.back();
    const Position position = lines_.At(mark);
    open.key = value;
    open.key_position = position;
    open.skip_value = open.skip;
    if (open.skip) return;
    const std::string path = model::Join(open.path, value);
    if (value == "<<" && tag == "?") {
      Fault(position, path, "merge keys are not part of YAML 1.2; write the keys out");
      open.skip_value = true;
    } else if (value.empty()) {
      Fault(position, open.path, "a key without a name");
      open.skip_value = true;
    } else if (!open.keys.insert(value).second) {
      Fault(position, path, "a duplicate key; it stands above already");
      open.skip_value = true;
    }
  }

  Node Resolve(const YAML::Mark& mark, const std::string& tag, const std::string& value) {
    if (tag == "!" || tag == fmt::format("{}str", kCoreTag)) return Node(value);
    const bool core = tag.starts_with(kCoreTag);
    const std::string kind = core ? tag.substr(kCoreTag.size()) : "";
    if (tag != "?" && kind != "int" && kind != "float" && kind != "bool" && kind != "null") {
      Fault(lines_.At(mark), NextPath(), fmt::format("tag '{}' is unknown; a study file needs no tags", tag));
      return Node();
    }
    absl::StatusOr<model::Scalar> scalar = ResolvePlain(value);
    if (!scalar.ok()) {
      Fault(lines_.At(mark), NextPath(), std::string(scalar.status().message()));
      return Node(0.0);
    }
    if (kind == "float" && std::holds_alternative<std::int64_t>(*scalar)) {
      return Node(static_cast<double>(std::get<std::int64_t>(*scalar)));
    }
    static const std::map<std::string, std::size_t> kKinds = {{"null", 0}, {"bool", 1}, {"int", 2}, {"float", 3}};
    if (core && scalar->index() != kKinds.at(kind)) {
      Fault(lines_.At(mark), NextPath(), fmt::format("'{}' is no {}", value, kind));
    }
    return Node(*std::move(scalar));
  }

  // Of the value that comes next.
  std::string NextPath() const {
    if (open_.empty()) return "";
    const Open& open = open_.back();
    if (open.node.is_sequence()) return model::Join(open.path, open.node.sequence().size());
    return model::Join(open.path, open.key.value_or(""));
  }

  void AddLeaf(const YAML::Mark& mark, YAML::anchor_t anchor, Node node) {
    Spend(mark, 1);
    if (WantsKey()) {  // `? ` with nothing, `~:`, an alias
      TakeKey(mark, "", "");
      return;
    }
    Position position = lines_.At(mark);
    // yaml-cpp places an empty value at whatever follows it.
    if (node.is_null() && !open_.empty() && open_.back().key && position.line != open_.back().key_position.line) {
      position = open_.back().key_position;
    }
    Place(position);
    if (anchor != YAML::NullAnchor) anchors_[anchor] = node;
    Attach(std::move(node));
  }

  void Place(Position position) {
    if (open_.empty()) return document_.places.Add("", position, position);
    const Open& open = open_.back();
    if (open.skip || (open.key && open.skip_value)) return;
    document_.places.Add(NextPath(), open.key ? open.key_position : position, position);
  }

  void Attach(Node node) {
    if (open_.empty()) {
      document_.root = std::move(node);
      return;
    }
    Open& open = open_.back();
    if (open.node.is_sequence()) {
      open.node.sequence().push_back(std::move(node));
      return;
    }
    if (!open.skip_value) open.node.mapping().push_back({*open.key, std::move(node)});
    open.key.reset();
    open.skip_value = false;
  }

  void Enter(const YAML::Mark& mark, const std::string& tag, std::string_view kind, YAML::anchor_t anchor,
             Node node) {
    Spend(mark, 1);
    if (static_cast<int>(open_.size()) >= kMaxDepth) TooDeep(mark);
    if (WantsKey()) throw Broken{{lines_.At(mark), open_.back().path, "a key is a word, not a collection"}};
    if (tag != "?" && tag != "!" && tag != fmt::format("{}{}", kCoreTag, kind)) {
      Fault(lines_.At(mark), NextPath(), fmt::format("tag '{}' is unknown; a study file needs no tags", tag));
    }
    Place(lines_.At(mark));
    Open open;
    open.node = std::move(node);
    open.path = NextPath();
    open.anchor = anchor;
    open.skip = !open_.empty() && (open_.back().skip || open_.back().skip_value);
    open_.push_back(std::move(open));
  }

  void Leave() {
    Open open = std::move(open_.back());
    open_.pop_back();
    if (open.anchor != YAML::NullAnchor) anchors_[open.anchor] = open.node;
    Attach(std::move(open.node));
  }

  const Lines& lines_;
  YamlDocument& document_;
  std::vector<Open> open_;
  std::map<YAML::anchor_t, Node> anchors_;
  std::int64_t spent_ = 0;
  int documents_ = 0;
};

std::string Describe(const YAML::Exception& error) {
  if (error.msg == YAML::ErrorMsg::TAB_IN_INDENTATION) return "a tab indents this; YAML wants spaces there";
  return fmt::format("not YAML: {}", error.msg);
}

}  // namespace

int DepthOf(const Node& node) {
  int below = 0;
  if (node.is_sequence()) {
    for (const Node& item : node.sequence()) below = std::max(below, DepthOf(item));
  } else if (node.is_mapping()) {
    for (const Node::Entry& entry : node.mapping()) below = std::max(below, DepthOf(entry.value));
  }
  return node.is_scalar() ? 0 : below + 1;
}

YamlDocument ParseYaml(const std::string& text) {
  YamlDocument document;
  document.root = Node(Node::Mapping());
  const Lines lines(text);
  std::istringstream stream(text);
  Builder builder(lines, document);
  try {
    YAML::Parser parser(stream);
    while (parser.HandleNextDocument(builder)) {
    }
    return document;
  } catch (const Broken& broken) {
    document.faults.push_back(broken.fault);
  } catch (const YAML::Exception& error) {
    document.faults.push_back({lines.At(error.mark), "", Describe(error)});
  }
  document.broken = true;
  return document;
}

}  // namespace hpsearch::study_file
