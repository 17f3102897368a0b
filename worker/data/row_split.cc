#include "worker/data/row_split.h"

#include <Random123/philox.h>

#include <algorithm>
#include <array>
#include <numeric>
#include <utility>

namespace hpsearch::data {
namespace {

// The words of one draw, one after the other.
class Words {
 public:
  Words(std::int64_t seed, DrawPurpose purpose, std::uint32_t group) {
    const auto bits = static_cast<std::uint64_t>(seed);
    key_ = {{static_cast<std::uint32_t>(bits), static_cast<std::uint32_t>(bits >> 32)}};
    counter_ = {{0, static_cast<std::uint32_t>(purpose), group, kSplits}};
  }

  // Below `bound`, without bias (Lemire, "Fast random integer generation in an interval", 2019).
  std::uint32_t Below(std::uint32_t bound) {
    std::uint64_t product = std::uint64_t{Next()} * bound;
    if (static_cast<std::uint32_t>(product) < bound) {
      const std::uint32_t threshold = (0U - bound) % bound;
      while (static_cast<std::uint32_t>(product) < threshold) product = std::uint64_t{Next()} * bound;
    }
    return static_cast<std::uint32_t>(product >> 32);
  }

 private:
  static constexpr std::uint32_t kSplits = 0x73706c74;  // no other draw has it as its last counter word

  std::uint32_t Next() {
    if (next_ == 4) {
      block_ = r123::Philox4x32()(counter_, key_);
      ++counter_[0];
      next_ = 0;
    }
    return block_[next_++];
  }

  r123::Philox4x32::key_type key_;
  r123::Philox4x32::ctr_type counter_;
  r123::Philox4x32::ctr_type block_{};
  unsigned next_ = 4;
};

// Marks `keep` of the places in `rows`, drawn by Fisher and Yates.
void DrawKept(std::vector<std::uint32_t> places, std::int64_t keep, Words words, std::vector<bool>& kept) {
  for (std::size_t i = 0; i < static_cast<std::size_t>(keep); ++i) {
    std::swap(places[i], places[i + words.Below(static_cast<std::uint32_t>(places.size() - i))]);
    kept[places[i]] = true;
  }
}

// How many of each class are kept.
std::array<std::int64_t, 256> Quotas(const std::array<std::vector<std::uint32_t>, 256>& places, std::uint64_t rows,
                                     std::uint64_t keep) {
  std::array<std::int64_t, 256> quotas{};
  std::array<std::uint64_t, 256> remainders{};
  std::array<int, 256> order{};
  std::iota(order.begin(), order.end(), 0);
  std::uint64_t given = 0;
  for (int label = 0; label < 256; ++label) {
    const std::uint64_t share = places[label].size() * keep;  // below 2^64: rows are numbered in 32 bits
    quotas[label] = static_cast<std::int64_t>(share / rows);
    remainders[label] = share % rows;
    given += share / rows;
  }
  std::ranges::stable_sort(order, [&](int a, int b) { return remainders[a] > remainders[b]; });
  for (int label : order) {
    if (given == keep) break;
    ++quotas[label];
    ++given;
  }
  return quotas;
}

}  // namespace

RowSplit SplitRows(std::vector<std::uint32_t> rows, std::int64_t keep, model::ValidationFrom from,
                   std::span<const std::uint8_t> labels, std::int64_t seed, DrawPurpose purpose) {
  RowSplit split;
  if (from == model::ValidationFrom::kLast || keep == static_cast<std::int64_t>(rows.size())) {
    split.left.assign(rows.begin() + keep, rows.end());
    rows.resize(keep);
    split.kept = std::move(rows);
    return split;
  }
  std::vector<bool> kept(rows.size());
  if (from == model::ValidationFrom::kRandom) {
    std::vector<std::uint32_t> places(rows.size());
    std::iota(places.begin(), places.end(), 0U);
    DrawKept(std::move(places), keep, Words(seed, purpose, 256), kept);
  } else {
    std::array<std::vector<std::uint32_t>, 256> places;
    for (std::size_t i = 0; i < rows.size(); ++i) places[labels[rows[i]]].push_back(static_cast<std::uint32_t>(i));
    const std::array<std::int64_t, 256> quotas = Quotas(places, rows.size(), keep);
    for (std::uint32_t label = 0; label < 256; ++label) {
      DrawKept(std::move(places[label]), quotas[label], Words(seed, purpose, label), kept);
    }
  }
  split.kept.reserve(keep);
  split.left.reserve(rows.size() - keep);
  for (std::size_t i = 0; i < rows.size(); ++i) (kept[i] ? split.kept : split.left).push_back(rows[i]);
  return split;
}

}  // namespace hpsearch::data
