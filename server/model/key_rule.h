// What a key of the model, training or dataset sections takes: its type, its domain, its default. The tables of
// these rules (layer_rules.cc, training_rules.cc, dataset_rules.cc) are the one place where the study file's
// names live: checking, canonical documents, drawing and the trainer's typed layers all come from them.
//
// Plain values; pure; from any thread. Errors: INVALID_ARGUMENT from Fit alone.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/condition.h"
#include "server/model/document.h"
#include "server/model/domain.h"

namespace hpsearch::model {

enum class KeyType {
  kBoolean,
  kInteger,
  kNumber,
  kText,
  kIntegers,  // a sequence of them
  kTexts,     // a sequence of them
  kColumn,    // of a table: its name in the header, or its index from 0; -1 is the last
  kColumns,   // a sequence of them; one alone stands for the sequence of it
  kExtent,    // height and width: an integer for both, or a sequence of the two; canonical is the sequence
  kAny,       // a mapping that its own rules check, or what stands at a key that nobody knows: anything fits
};

struct KeyRule {
  std::string key;
  KeyType type = KeyType::kNumber;
  bool required = false;
  Node default_value;                // null: none; the key may be left unset
  Node implied;                      // null: none; what an unset key means, and a canonical document leaves out
  Domain domain;                     // of integers and numbers
  Domain refinement_bounds;          // default bounds when an axis over this key is refined: dropout [0, 0.9]
  std::vector<std::string> choices;  // of text: what may stand; empty: anything
  std::vector<std::string> later;    // of text: what the contract names and this version does not know yet
};

// What makes a text unfit to stand anywhere: too long, not UTF-8, control characters; nullopt: nothing.
std::optional<std::string> FaultOf(const std::string& text);
// "an integer from 1 to 1,048,576", "a number in [0, 1)", "one of linear, relu"
std::string Wanted(const KeyRule& rule);
// "'128' is text", "-1", "a sequence stands there"
std::string Describe(const Node& node);

// The value as it stands at the rule's key in a canonical document: 128.0 for an integer key becomes 128, 1 for a
// number key 1.0. INVALID_ARGUMENT: what is wrong, and what would be right. Of kIntegers,
// kTexts, kColumns and kExtent: one item's rule.
absl::StatusOr<Scalar> Fit(const Scalar& value, const KeyRule& rule);

// Where a document names a parameter.
struct Usage {
  std::string parameter;
  std::string path;  // "model[2].dropout.rate"
  KeyRule rule;      // of the key it stands at
  Conditions when;   // of the branches and repetitions round it
  // The parameters that say how often what is round it is repeated, the outermost first.
  std::vector<std::string> repetitions;
  std::vector<std::string> branches;  // it chooses between them: their BranchNames; empty: it does not
};

}  // namespace hpsearch::model
