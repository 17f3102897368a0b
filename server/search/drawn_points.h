// The points of round 1 where a strategy makes them, by their index: first those that were enqueued; then those of
// a sequence follow from the index, and those of a sampler are chosen one after the other and handed in. A point
// may come again; where the space is finite, or the points were enqueued or chosen, the first index of it is
// found.
//
// Owned by search::Rounds; one thread at a time (lookups remember). No errors.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "server/search/search_section.h"
#include "server/search/search_space.h"

namespace hpsearch::search {

class DrawnPoints {
 public:
  // Requires: `search.sampling`; the space outlives this.
  DrawnPoints(const SearchSpace& space, const Search& search, std::int64_t seed);

  std::int64_t size() const { return size_; }
  // So many of the first points are known: of a sequence all.
  std::int64_t known() const { return sequence_ ? size_ : static_cast<std::int64_t>(chosen_.size()); }
  Point At(std::int64_t index) const;  // 0 <= index < known()
  // The next point of a sampler. Requires: known() < size().
  void Choose(Point point);
  // The lowest index below `limit` whose point this is; nullopt: none, or it cannot come again but by chance.
  // Requires: limit <= known().
  std::optional<std::int64_t> FirstOf(const Point& point, std::int64_t limit) const;

  // The spacing of the points on an axis without a grid: its range is divided by this. As if they were a grid of
  // a power of two on each of them, at least two.
  std::int64_t divisions() const { return divisions_; }

 private:
  const SearchSpace* space_;
  std::shared_ptr<const strategy::Sequence> sequence_;  // nullptr: chosen
  std::int64_t size_;
  std::int64_t divisions_ = 2;
  bool finite_;
  std::vector<Point> chosen_;  // enqueued, then of a sampler
  // By a hash of the point: the indices that have it, the lowest first.
  mutable absl::flat_hash_map<std::uint64_t, std::vector<std::int64_t>> indices_;
  mutable std::int64_t indexed_ = 0;
};

}  // namespace hpsearch::search
