#include "server/search/presence.h"

#include <algorithm>

#include "server/search/box.h"

namespace hpsearch::search {

Term::Term(std::size_t parameter, const Parameter& selector, model::Condition condition)
    : parameter_(parameter), condition_(std::move(condition)) {
  std::vector<bool> holds;
  for (const Place& place : selector.probes()) holds.push_back(condition_.Holds(selector.At(place)));
  const auto held = std::ranges::count(holds, true);
  if (selector.gridded()) {
    always_ = held == std::ssize(holds);
    never_ = held == 0;
    holds_ = std::move(holds);
  } else {
    // Between the ends of a range anything may be but what a domain says of both.
    always_ = condition_.names.empty() && held == std::ssize(holds);
  }
}

bool Term::Holds(const Parameter& selector, const Place& place) const {
  if (place.absent()) return false;
  if (holds_.empty()) return condition_.Holds(selector.At(place));
  return holds_[*IndexIn(selector.places(), place)];
}

}  // namespace hpsearch::search
