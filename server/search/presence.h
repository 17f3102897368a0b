// When a parameter is in a point: what its `when` says, and whether one of the keys that name it is there. Values;
// pure; const access from any thread; no errors.
#pragma once

#include <cstddef>
#include <vector>

#include "server/model/condition.h"
#include "server/search/parameter.h"

namespace hpsearch::search {

// One condition on an earlier parameter.
class Term {
 public:
  // `parameter` is the index of `selector` in its space.
  Term(std::size_t parameter, const Parameter& selector, model::Condition condition);

  std::size_t parameter() const { return parameter_; }
  // Whether it holds at a place of the parameter, which is `selector`.
  bool Holds(const Parameter& selector, const Place& place) const;
  // At each of the places that stand for all; at none of them.
  bool always() const { return always_; }
  bool never() const { return never_; }
  bool operator==(const Term& other) const {
    return parameter_ == other.parameter_ && condition_ == other.condition_;
  }

 private:
  std::size_t parameter_;
  model::Condition condition_;
  std::vector<bool> holds_;  // at each place of the parameter's grid; empty: it has none
  bool always_ = false, never_ = false;
};

// All of them hold.
using Terms = std::vector<Term>;

struct Presence {
  bool never = false;
  Terms when;
  std::vector<Terms> uses;  // one of them at least; empty: nothing is asked

  bool always() const { return !never && when.empty() && uses.empty(); }
};

}  // namespace hpsearch::search
