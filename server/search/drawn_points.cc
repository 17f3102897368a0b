#include "server/search/drawn_points.h"

#include <algorithm>
#include <cassert>
#include <utility>

#include "absl/hash/hash.h"
#include "server/search/enqueued.h"

namespace hpsearch::search {
namespace {

// So many are looked for in memory.
constexpr std::int64_t kMostIndexed = std::int64_t{1} << 24;

std::uint64_t HashOf(const Point& point) {
  std::uint64_t hash = point.size();
  for (const Place& place : point) {
    hash = absl::HashOf(hash, place.numerator, place.denominator, place.listed);
  }
  return hash;
}

bool IsFinite(const strategy::Cube& cube) {
  return std::ranges::none_of(cube, [](const strategy::Dimension& dimension) {
    return dimension.kind == strategy::Dimension::Kind::kContinuous;
  });
}

// The largest power of two whose `axes`-th power is at most `points`; at least two.
std::int64_t SpacingOf(std::int64_t points, std::int64_t axes) {
  std::int64_t doublings = 0;
  while (doublings < 62 && (std::int64_t{1} << (doublings + 1)) <= points) ++doublings;
  return std::int64_t{1} << std::clamp<std::int64_t>(axes == 0 ? 1 : doublings / axes, 1, 10);
}

}  // namespace

DrawnPoints::DrawnPoints(const SearchSpace& space, const Search& search, std::int64_t seed)
    : space_(&space), size_(search.sampling->trials), finite_(IsFinite(space.cube())) {
  if (!search.sampling->learns()) {
    sequence_ = std::get<0>(search.sampling->kind->make)(
        {.cube = space.cube(), .settle = space.settle(), .seed = static_cast<std::uint64_t>(seed)},
        search.sampling->settings);
  }
  chosen_ = EnqueuedPoints(space, search, seed);
  const auto axes = std::ranges::count_if(space.parameters(), &Parameter::refinable);
  divisions_ = SpacingOf(size_, axes);
}

Point DrawnPoints::At(std::int64_t index) const {
  const std::int64_t chosen = std::ssize(chosen_);
  if (index < chosen) return chosen_[static_cast<std::size_t>(index)];
  return space_->FromCoordinates(sequence_->At(index - chosen));
}

void DrawnPoints::Choose(Point point) {
  assert(!sequence_ && known() < size_);
  chosen_.push_back(std::move(point));
}

std::optional<std::int64_t> DrawnPoints::FirstOf(const Point& point, std::int64_t limit) const {
  if (sequence_ && !finite_) limit = std::min<std::int64_t>(limit, std::ssize(chosen_));
  if (limit == 0 || limit > kMostIndexed) return std::nullopt;
  for (; indexed_ < limit; ++indexed_) indices_[HashOf(At(indexed_))].push_back(indexed_);
  const auto found = indices_.find(HashOf(point));
  if (found == indices_.end()) return std::nullopt;
  for (const std::int64_t index : found->second) {
    if (index >= limit) break;
    if (At(index) == point) return index;
  }
  return std::nullopt;
}

}  // namespace hpsearch::search
