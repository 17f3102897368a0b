// The tables that KeyRules stand in: a KeyTable is what one mapping takes (the arguments of `dense`), a KindTable
// what may stand at a place that takes one of several (a layer, an optimizer, a schedule). Plain values, made
// once.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/model/document.h"
#include "server/model/key_rule.h"

namespace hpsearch::model {

// A key that the contract names and this version does not know yet. Values that mean what this version does
// anyway are accepted, and left out of the canonical document.
struct LaterKey {
  std::string key;
  std::vector<Node> harmless;
};

struct KeyTable {
  std::string name;           // "dense"; for messages
  std::vector<KeyRule> keys;  // in the canonical order
  std::vector<LaterKey> later;
  std::string shorthand;  // the key that a bare scalar stands for: {dropout: 0.2}; empty: none

  const KeyRule* Find(std::string_view key) const;
  std::vector<std::string> Names() const;
};

struct KindTable {
  std::string what;  // "layer"; for messages
  std::vector<KeyTable> kinds;
  std::vector<std::string> later;  // kinds that the contract names and this version does not know yet

  const KeyTable* Find(std::string_view kind) const;
  std::vector<std::string> Names() const;
};

}  // namespace hpsearch::model
