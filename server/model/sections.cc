#include "server/model/sections.h"

#include <fmt/format.h>

#include <optional>
#include <string_view>

#include "server/model/key_check.h"
#include "server/model/outline.h"
#include "server/model/section_check.h"
#include "server/model/training_rules.h"

namespace hpsearch::model {
namespace {

void CheckSection(Node& document, std::string_view key, std::string_view wanted, void (*check)(Node&, KeyChecker&),
                  KeyChecker& checker) {
  if (Node* section = document.Find(key)) {
    if (!section->is_null()) check(*section, checker);
    return;
  }
  checker.Add("", fmt::format("'{}' is missing; {} is wanted", key, wanted), Fault::At::kKey);
  document.Set(key, Node());
}

// The default that depends on the network: written out where its last activation is written out.
void SetLoss(const Node& model, Node& training) {
  if (!training.is_mapping() || training.Find("loss") != nullptr) return;
  const Outline layers = OutlineOf(model);
  if (layers.empty() || !layers.back().has_value()) return;
  if (!layers.back()->activation.has_value()) return;
  const Loss loss = LossFor(*layers.back()->activation);
  // In the canonical order: behind batch_size.
  auto& entries = training.mapping();
  auto at = entries.begin();
  while (at != entries.end() && (at->key == "epochs" || at->key == "batch_size")) ++at;
  entries.insert(at, {"loss", LossNames()[static_cast<std::size_t>(loss)]});
}

}  // namespace

std::vector<Usage> CheckSections(Node& document, Faults& faults) {
  std::vector<Usage> usages;
  KeyChecker checker(faults, &usages);
  CheckSection(document, "dataset", "the name of a data set", CheckDataset, checker);
  CheckSection(document, "model", "a sequence of layers", CheckModel, checker);
  CheckSection(document, "training", "a mapping with epochs and optimizer", CheckTraining, checker);
  SetLoss(*document.Find("model"), *document.Find("training"));
  return usages;
}

void CheckResolved(Node& dataset, Faults& faults) {
  KeyChecker checker(faults, nullptr);
  CheckDataset(dataset, checker);
}

void CheckResolved(Node& model, Node& training, Faults& faults) {
  KeyChecker checker(faults, nullptr);
  CheckModel(model, checker);
  CheckTraining(training, checker);
  SetLoss(model, training);
}

}  // namespace hpsearch::model
