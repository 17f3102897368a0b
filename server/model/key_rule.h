// What a key of the model, training or dataset sections takes: its type, its domain, its default. The tables of
// these rules (layer_rules.cc, training_rules.cc, dataset_rules.cc) are the one place where the study file's
// names live: checking, canonical documents, drawing and the trainer's typed layers all come from them.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <vector>

#include "server/model/document.h"

namespace hpsearch::model {

enum class KeyType { kBoolean, kInteger, kNumber, kText, kIntegers };

// An interval of the reals; the domain of a key, or the bounds within which its axis is refined.
struct Domain {
  double low = -std::numeric_limits<double>::infinity();
  double high = std::numeric_limits<double>::infinity();
  bool low_open = false;
  bool high_open = false;

  bool Contains(double value) const;
  // The part that both contain.
  Domain Intersect(const Domain& other) const;
  std::string ToString() const;  // "(0, inf)", "[0, 1)"
  bool operator==(const Domain&) const = default;
};

struct KeyRule {
  std::string key;
  KeyType type = KeyType::kNumber;
  bool required = false;
  Node default_value;               // null: none; the key may be left unset
  Domain domain;                    // of integers and numbers
  Domain refinement_bounds;         // default bounds when an axis over this key is refined: dropout [0, 0.9]
  std::vector<std::string> choices;  // of text: what may stand; empty: anything
};

// Where a document names a parameter.
struct Usage {
  std::string parameter;
  std::string path;  // "model[2].dropout.rate"
  KeyRule rule;      // of the key it stands at
};

}  // namespace hpsearch::model
