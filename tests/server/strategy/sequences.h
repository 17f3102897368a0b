// A sequence as its kind makes it, for tests.
#pragma once

#include <cstdint>
#include <memory>

#include "server/model/document.h"
#include "server/strategy/registry.h"

namespace hpsearch::strategy {

inline std::unique_ptr<Sequence> MakeSequence(const Kind& kind, std::size_t dimensions, std::uint64_t seed) {
  const model::Node settings(model::Node::Mapping{{"trials", 10}});
  return std::get<0>(kind.make)({.cube = Cube(dimensions), .seed = seed}, settings);
}

}  // namespace hpsearch::strategy
