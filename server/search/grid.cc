#include "server/search/grid.h"

#include <algorithm>
#include <cassert>
#include <map>
#include <utility>

namespace hpsearch::search {
namespace {

// Marks of a parameter: all kAbsent or all kUsed where its presence is decided; else a mark for each of its uses.
constexpr char kAbsent = 'A';
constexpr char kUsed = 'U';
constexpr char kDead = '0';
constexpr char kOpen = '1';

bool HangsOn(const Presence& presence, std::size_t parameter) {
  const auto on = [&](const Term& term) { return term.parameter() == parameter; };
  return std::ranges::any_of(presence.when, on) ||
         std::ranges::any_of(presence.uses, [&](const Terms& use) { return std::ranges::any_of(use, on); });
}

std::size_t MarksOf(const Presence& presence) {
  return presence.always() ? 0 : std::max<std::size_t>(1, presence.uses.size());
}

}  // namespace

Grid::Grid(const SearchSpace& space) : space_(&space) {
  const std::size_t parameters = space.parameters().size();
  offsets_ = {0};
  decided_.resize(parameters);
  for (std::size_t i = 0; i < parameters; ++i) {
    offsets_.push_back(offsets_.back() + MarksOf(space.presence(i)));
    if (space.presence(i).always()) continue;
    for (std::size_t on = 0; on < i; ++on) {
      if (HangsOn(space.presence(i), on)) decided_[on].push_back(i);
    }
  }
  Build();
}

void Grid::Mark(std::size_t parameter, std::size_t axis, const Place& place, char* marks) const {
  if (*marks == kAbsent) return;
  const Presence& presence = space_->presence(parameter);
  const Parameter& selector = space_->parameters()[axis];
  const std::size_t count = MarksOf(presence);
  const auto fails = [&](const Term& term) { return term.parameter() == axis && !term.Holds(selector, place); };
  if (std::ranges::any_of(presence.when, fails)) {
    std::fill_n(marks, count, kAbsent);
    return;
  }
  if (presence.uses.empty() || *marks == kUsed) return;
  bool open = false;
  for (std::size_t i = 0; i < count; ++i) {
    const Terms& use = presence.uses[i];
    if (marks[i] == kOpen && std::ranges::any_of(use, fails)) marks[i] = kDead;
    if (marks[i] == kDead) continue;
    open = true;
    if (std::ranges::all_of(use, [&](const Term& term) { return term.parameter() <= axis; })) {
      std::fill_n(marks, count, kUsed);
      return;
    }
  }
  if (!open) std::fill_n(marks, count, kAbsent);
}

Grid::State Grid::After(State state, std::size_t axis, const Place& place) const {
  for (const std::size_t later : decided_[axis]) {
    Mark(later, axis, place, state.data() + (offsets_[later] - offsets_[axis]));
  }
  return state.substr(offsets_[axis + 1] - offsets_[axis]);
}

void Grid::Build() {
  const std::vector<Parameter>& parameters = space_->parameters();
  if (parameters.empty()) return;
  std::map<State, Target> level = {{State(offsets_.back(), kOpen), 0}};
  nodes_.push_back({.axis = 0});
  std::size_t entries = 0;
  for (std::size_t axis = 0; axis < parameters.size(); ++axis) {
    const Presence& presence = space_->presence(axis);
    const bool last = axis + 1 == parameters.size();
    std::map<State, Target> next_level;
    const auto target_of = [&](const State& state, const Place& place) -> Target {
      if (last) return kEnd;
      const auto [found, is_new] =
          next_level.try_emplace(After(state, axis, place), static_cast<Target>(nodes_.size()));
      if (is_new) nodes_.push_back({.axis = axis + 1});
      return found->second;
    };
    for (const auto& [state, target] : level) {
      const bool absent = presence.never || (!presence.always() && state.starts_with(kAbsent));
      std::vector<Target> next;
      if (absent) {
        next = {target_of(state, Place::Absent())};
      } else if (decided_[axis].empty()) {
        next = {target_of(state, parameters[axis].places().front())};
      } else {
        for (const Place& place : parameters[axis].places()) next.push_back(target_of(state, place));
      }
      entries += next.size();
      Node& node = nodes_[static_cast<std::size_t>(target)];
      node.absent = absent;
      node.next = std::move(next);
      if (entries > kMostEntries) {
        too_entangled_ = true;
        nodes_.clear();
        return;
      }
    }
    level = std::move(next_level);
  }
  // A node stands behind those that lead to it.
  for (std::size_t n = nodes_.size(); n-- > 0;) Count(nodes_[n]);
}

std::size_t Grid::PlacesOf(const Node& node) const {
  return node.absent ? 1 : space_->parameters()[node.axis].places().size();
}

std::int64_t Grid::PointsOf(Target target) const {
  return target == kEnd ? 1 : nodes_[static_cast<std::size_t>(target)].points;
}

void Grid::Count(Node& node) const {
  const std::size_t places = PlacesOf(node);
  if (node.next.size() == 1) {
    const std::int64_t each = PointsOf(node.next.front());
    const auto all = each == kTooMany ? std::nullopt : CheckedProduct(each, static_cast<std::int64_t>(places));
    node.points = all.value_or(kTooMany);
    return;
  }
  std::int64_t sum = 0;
  for (const Target next : node.next) {
    node.before.push_back(sum);
    if (__builtin_add_overflow(sum, PointsOf(next), &sum)) sum = kTooMany;
  }
  node.points = sum;
}

std::optional<std::int64_t> Grid::size() const {
  if (too_entangled_) return std::nullopt;
  if (nodes_.empty()) return 1;
  const std::int64_t points = nodes_.front().points;
  return points == kTooMany ? std::nullopt : std::optional(points);
}

Point Grid::At(std::int64_t index) const {
  assert(size() && 0 <= index && index < *size());
  Point point;
  for (Target target = nodes_.empty() ? kEnd : 0; target != kEnd;) {
    const Node& node = nodes_[static_cast<std::size_t>(target)];
    std::size_t digit = 0;
    if (node.next.size() == 1) {
      const std::int64_t each = PointsOf(node.next.front());
      digit = static_cast<std::size_t>(index / each);
      index %= each;
      target = node.next.front();
    } else {
      const auto after = std::upper_bound(node.before.begin(), node.before.end(), index);
      digit = static_cast<std::size_t>(after - node.before.begin() - 1);
      index -= node.before[digit];
      target = node.next[digit];
    }
    point.push_back(node.absent ? Place::Absent() : space_->parameters()[node.axis].places()[digit]);
  }
  return point;
}

std::optional<std::int64_t> Grid::IndexOf(const Point& point) const {
  if (point.size() != space_->parameters().size() || too_entangled_) return std::nullopt;
  std::int64_t index = 0;
  for (Target target = nodes_.empty() ? kEnd : 0; target != kEnd;) {
    const Node& node = nodes_[static_cast<std::size_t>(target)];
    const Place& place = point[node.axis];
    std::optional<std::size_t> digit = 0;
    if (node.absent) {
      if (!place.absent()) return std::nullopt;
    } else {
      digit = IndexIn(space_->parameters()[node.axis].places(), place);
      if (!digit) return std::nullopt;
    }
    if (node.next.size() == 1) {
      index += static_cast<std::int64_t>(*digit) * PointsOf(node.next.front());
      target = node.next.front();
    } else {
      index += node.before[*digit];
      target = node.next[*digit];
    }
  }
  return index;
}

}  // namespace hpsearch::search
