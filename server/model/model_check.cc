// CheckModel of section_check.h: a list of layers, in which switches and repetitions stand for layers.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "server/model/input_keys.h"
#include "server/model/layer_rules.h"
#include "server/model/references.h"
#include "server/model/section_check.h"

namespace hpsearch::model {
namespace {

constexpr int kDeepest = 8;  // lists of layers within each other

// Gives each layer that has none its name: the kind and its number within the kind.
void NameLayers(Node& model) {
  std::map<std::string, int> counts;
  for (Node& layer : model.sequence()) {
    if (!layer.is_mapping()) continue;
    Node::Entry& kind = layer.mapping().front();
    const int number = ++counts[kind.key];
    if (!kind.value.is_mapping() || kind.value.Find("name") != nullptr) continue;
    kind.value.mapping().insert(kind.value.mapping().begin(), {"name", fmt::format("{}_{}", kind.key, number)});
  }
}

// Keras's L1L2 of a kernel; one without penalties is none.
void CheckRegularizer(Node& layer, const std::string& path, KeyChecker& checker) {
  if (!layer.is_mapping()) return;
  Node& body = layer.mapping().front().value;
  Node* regularizer = body.Find("kernel_regularizer");
  if (regularizer == nullptr || regularizer->is_null()) return;
  checker.CheckKeys(*regularizer, RegularizerRules(),
                    Join(Join(path, layer.mapping().front().key), "kernel_regularizer"));
  if (!regularizer->is_mapping() || !regularizer->mapping().empty()) return;
  std::erase_if(body.mapping(), [](const Node::Entry& entry) { return entry.key == "kernel_regularizer"; });
}

// A list of layers at `path`. What stands for several becomes a list of its own.
class LayerListChecker {
 public:
  explicit LayerListChecker(KeyChecker& checker) : checker_(checker) {}

  void Check(Node::Sequence& layers, const std::string& path) {
    for (std::size_t i = 0; i < layers.size(); ++i) CheckItem(layers[i], Join(path, i));
  }

 private:
  void CheckItem(Node& item, const std::string& path) {
    if (++layers_ > kMostLayers) {
      if (layers_ == kMostLayers + 1) {
        checker_.Add(path, fmt::format("more than {} layers, those of all branches counted", kMostLayers));
      }
      item = Node();
      return;
    }
    LiftSwitch(item);
    const auto branch = [&](Node& node, const std::string& at) { CheckBranch(node, at); };
    if (checker_.CheckBranches(item, path, branch)) return;
    if (checker_.references() && IsRepeat(item)) {
      CheckRepeat(item.mapping().front().value, Join(path, kRepeat));
      return;
    }
    CheckWithInputs(item, path, checker_);
    CheckRegularizer(item, path, checker_);
  }

  // A layer, a list of them, or nothing.
  void CheckBranch(Node& node, const std::string& path) {
    if (node.is_null()) node = Node(Node::Sequence());
    if (!node.is_sequence()) {
      Node::Sequence one = {std::move(node)};
      CheckItem(one.front(), path);
      node = Node(std::move(one));
      return;
    }
    CheckNested(node, path);
  }

  void CheckNested(Node& list, const std::string& path) {
    if (++depth_ > kDeepest) {
      checker_.Refuse(list, path, fmt::format("lists of layers within each other, deeper than {}", kDeepest));
    } else {
      Check(list.sequence(), path);
    }
    --depth_;
  }

  void CheckRepeat(Node& repeat, const std::string& path) {
    // The references in it are found where each of the two is looked at.
    const std::size_t before = checker_.faults();
    Node* layers = repeat.Find("layers");
    Node list = layers == nullptr ? Node() : std::move(*layers);
    if (layers != nullptr) *layers = Node(Node::Sequence());
    Node* times = repeat.Find("times");
    Node count = times == nullptr ? Node() : *times;
    if (times != nullptr) *times = Node(1);
    checker_.CheckKeys(repeat, RepeatRules(), path);
    if (!repeat.is_mapping() || checker_.faults() > before) {
      checker_.CollectUsages(count, Join(path, "times"));
      checker_.CollectUsages(list, Join(path, "layers"));
      return;
    }
    checker_.CheckRepeated(count, Join(path, "times"), *RepeatRules().Find("times"), [&] {
      if (list.is_sequence() && !list.sequence().empty()) {
        CheckNested(list, Join(path, "layers"));
      } else {
        checker_.Refuse(list, Join(path, "layers"),
                        fmt::format("{}; a sequence of layers is wanted", Describe(list)));
      }
    });
    repeat = Node(Node::Mapping{{"times", std::move(count)}, {"layers", std::move(list)}});
  }

  KeyChecker& checker_;
  std::size_t layers_ = 0;
  int depth_ = 0;
};

}  // namespace

void LiftSwitch(Node& kind) {
  if (!kind.is_mapping() || kind.mapping().size() != 1 || !IsSwitch(kind.mapping().front().value)) return;
  auto& [name, body] = kind.mapping().front();
  Node::Mapping lifted;
  for (Node::Entry& entry : body.mapping()) {
    if (entry.key == kSwitch) {
      lifted.push_back(std::move(entry));
    } else {
      lifted.push_back({entry.key, Node(Node::Mapping{{name, std::move(entry.value)}})});
    }
  }
  kind = Node(std::move(lifted));
}

void CheckModel(Node& model, KeyChecker& checker) {
  if (!model.is_sequence() || model.sequence().empty()) {
    checker.Refuse(
        model, "model",
        fmt::format("{}; a sequence of layers is wanted, such as - dense: {{units: 10, activation: softmax}}",
                    model.is_sequence() ? "an empty sequence" : Describe(model)));
    return;
  }
  if (model.sequence().size() > kMostLayers) {
    checker.Refuse(model, "model",
                   fmt::format("{} layers; at most {} may stand", model.sequence().size(), kMostLayers));
    return;
  }
  LayerListChecker(checker).Check(model.sequence(), "model");
  // Which layers there are, the point says: they are named for each trial.
  const auto open = [](const Node& item) { return IsSwitch(item) || IsRepeat(item); };
  if (std::ranges::any_of(model.sequence(), open)) return;
  NameLayers(model);
  LeaveOutDefaultInputs(model);
}

}  // namespace hpsearch::model
