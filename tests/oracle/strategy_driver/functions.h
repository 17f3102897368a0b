// Standard functions to minimize, each over the unit cube: a coordinate stands for its place in the function's own
// box (Surjanovic and Bingham, "Virtual library of simulation experiments", sfu.ca/~ssurjano). Two kinds: those
// that strategies are compared on, and those that components of ours were chosen on, so that none was chosen on
// what it is judged by.
//
// Plain values, pure; no errors.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "server/strategy/cube.h"

namespace hpsearch::oracle {

struct Function {
  std::string name;
  strategy::Cube cube;
  double minimum = 0;                                          // its least value, of the categorical ones too
  bool compared = false;                                       // on: else components were chosen on it
  double (*value)(const strategy::Coordinates& at) = nullptr;  // an absent coordinate counts as nothing
};

const std::vector<Function>& Functions();
// nullptr: there is none of that name.
const Function* FindFunction(std::string_view name);

}  // namespace hpsearch::oracle
