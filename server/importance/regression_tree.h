// A regression tree grown to the end (Breiman, Friedman, Olshen and Stone, "Classification and regression trees",
// 1984), as a forest has it (Breiman, "Random forests", 2001): of every axis and place the split that leaves the
// least squared error; numbers are split between neighbours, of values without an order one from all others.
// Its leaves are boxes that fill the space of the axes.
//
// A value; pure; no errors.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "server/importance/effect.h"

namespace hpsearch::importance {

// Where a leaf lies on an axis: of numbers from `low` to `high`; else the levels that are in it.
struct Side {
  double low = 0, high = 0;
  std::vector<bool> levels;
};

struct Leaf {
  std::vector<Side> box;  // a side each axis
  double value = 0;       // the mean of the points in it
};

// `drawn`: the indices of the observations that it learns from, any of them again and again. Requires: not empty.
std::vector<Leaf> GrowTree(const Sample& sample, std::vector<std::uint32_t> drawn);

}  // namespace hpsearch::importance
