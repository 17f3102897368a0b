// All strategies by their name in the study file: the keys that each takes, and how it is made. A new one is a
// file of its own and one line in registry.cc. Pure; from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <variant>
#include <vector>

#include "server/model/document.h"
#include "server/model/key_table.h"
#include "server/strategy/cube.h"
#include "server/strategy/strategy.h"

namespace hpsearch::strategy {

// What a strategy is made with; borrowed by nobody: it copies what it keeps.
struct Means {
  Cube cube;
  Settle settle;
  std::uint64_t seed = 0;  // the study's
};

struct Kind {
  // Its keys below `search.<name>`: `trials` in all of them (required, from 1), in a sampler's also `batch`.
  model::KeyTable keys;
  // From the section in its canonical form, every default written out.
  std::variant<std::unique_ptr<Sequence> (*)(const Means& means, const model::Node& settings),
               std::unique_ptr<Sampler> (*)(const Means& means, const model::Node& settings)>
      make;
};

// In the order of the documentation.
const std::vector<Kind>& Kinds();
// nullptr: there is none of that name.
const Kind* Find(std::string_view name);

}  // namespace hpsearch::strategy
