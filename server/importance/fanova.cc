#include "server/importance/fanova.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "server/importance/regression_tree.h"
#include "server/strategy/draws.h"

namespace hpsearch::importance {
namespace {

constexpr int kTrees = 64;
constexpr std::size_t kMostDrawn = 4096;
constexpr std::size_t kMostPaired = 32;

// An axis as a tree divides it: cells between the places where any of its leaves begins or ends, or levels.
struct Cells {
  std::vector<double> edges;    // of numbers, ascending
  std::vector<double> measure;  // of each cell, the fraction of the axis
};

Cells CellsOf(const Axis& axis, std::size_t index, const std::vector<Leaf>& leaves) {
  Cells cells;
  if (axis.levels > 0) {
    cells.measure.assign(static_cast<std::size_t>(axis.levels), 1 / static_cast<double>(axis.levels));
    return cells;
  }
  for (const Leaf& leaf : leaves)
    cells.edges.insert(cells.edges.end(), {leaf.box[index].low, leaf.box[index].high});
  std::ranges::sort(cells.edges);
  cells.edges.erase(std::unique(cells.edges.begin(), cells.edges.end()), cells.edges.end());
  for (std::size_t i = 0; i + 1 < cells.edges.size(); ++i) {
    cells.measure.push_back((cells.edges[i + 1] - cells.edges[i]) / (axis.high - axis.low));
  }
  return cells;
}

// One tree's function, integrated exactly.
class TreeEffects {
 public:
  TreeEffects(const Sample& sample, const std::vector<Leaf>& leaves) : leaves_(leaves) {
    for (std::size_t axis = 0; axis < sample.axes.size(); ++axis) {
      cells_.push_back(CellsOf(sample.axes[axis], axis, leaves));
    }
    for (const Leaf& leaf : leaves) {
      double volume = 1;
      for (std::size_t axis = 0; axis < cells_.size(); ++axis) {
        double width = 0;
        ranges_.push_back(RangesOf(leaf, axis));
        for (const auto& [begin, end] : ranges_.back()) {
          for (std::size_t cell = begin; cell < end; ++cell) width += cells_[axis].measure[cell];
        }
        widths_.push_back(width);
        volume *= width;
      }
      volumes_.push_back(volume);
      mean_ += volume * leaf.value;
    }
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      variance_ += volumes_[i] * (leaves[i].value - mean_) * (leaves[i].value - mean_);
    }
    for (std::size_t axis = 0; axis < cells_.size(); ++axis) {
      alone_.push_back(Marginal(axis));
      alone_variance_.push_back(VarianceOf(axis, alone_.back()));
    }
  }

  double variance() const { return variance_; }

  double Of(const std::vector<std::size_t>& axes) const {
    return axes.size() == 1 ? alone_variance_[axes[0]] : Together(axes[0], axes[1]);
  }

 private:
  using Range = std::pair<std::size_t, std::size_t>;  // of cells; the end is none of them

  std::vector<Range> RangesOf(const Leaf& leaf, std::size_t axis) const {
    const Side& side = leaf.box[axis];
    const std::vector<double>& edges = cells_[axis].edges;
    if (side.levels.empty()) {
      return {{static_cast<std::size_t>(std::ranges::lower_bound(edges, side.low) - edges.begin()),
               static_cast<std::size_t>(std::ranges::lower_bound(edges, side.high) - edges.begin())}};
    }
    std::vector<Range> ranges;
    for (std::size_t level = 0; level < side.levels.size(); ++level) {
      if (side.levels[level]) ranges.emplace_back(level, level + 1);
    }
    return ranges;
  }

  const std::vector<Range>& Ranges(std::size_t leaf, std::size_t axis) const {
    return ranges_[leaf * cells_.size() + axis];
  }
  double Width(std::size_t leaf, std::size_t axis) const { return widths_[leaf * cells_.size() + axis]; }

  // The mean of the function in each cell of an axis: steps where leaves begin and end, then summed.
  std::vector<double> Marginal(std::size_t axis) const {
    std::vector<double> marginal(cells_[axis].measure.size() + 1);
    for (std::size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
      if (volumes_[leaf] <= 0) continue;
      const double part = volumes_[leaf] / Width(leaf, axis) * (leaves_[leaf].value - mean_);
      for (const auto& [begin, end] : Ranges(leaf, axis)) {
        marginal[begin] += part;
        marginal[end] -= part;
      }
    }
    std::partial_sum(marginal.begin(), marginal.end(), marginal.begin());
    marginal.pop_back();
    return marginal;
  }

  double VarianceOf(std::size_t axis, const std::vector<double>& marginal) const {
    double variance = 0;
    for (std::size_t cell = 0; cell < marginal.size(); ++cell) {
      variance += cells_[axis].measure[cell] * marginal[cell] * marginal[cell];
    }
    return variance;
  }

  // The same in two dimensions, without what each axis does alone.
  double Together(std::size_t first, std::size_t second) const {
    const std::size_t rows = cells_[first].measure.size();
    const std::size_t columns = cells_[second].measure.size();
    const std::size_t stride = columns + 1;
    std::vector<double> joint((rows + 1) * stride);
    for (std::size_t leaf = 0; leaf < leaves_.size(); ++leaf) {
      if (volumes_[leaf] <= 0) continue;
      const double part =
          volumes_[leaf] / Width(leaf, first) / Width(leaf, second) * (leaves_[leaf].value - mean_);
      for (const auto& [top, bottom] : Ranges(leaf, first)) {
        for (const auto& [left, right] : Ranges(leaf, second)) {
          joint[top * stride + left] += part;
          joint[top * stride + right] -= part;
          joint[bottom * stride + left] -= part;
          joint[bottom * stride + right] += part;
        }
      }
    }
    double variance = 0;
    for (std::size_t row = 0; row < rows; ++row) {
      double sum = 0;
      for (std::size_t column = 0; column < columns; ++column) {
        double& here = joint[row * stride + column];
        if (row > 0) here += joint[(row - 1) * stride + column];
        sum += here;
        const double beyond = sum - alone_[first][row] - alone_[second][column];
        variance += cells_[first].measure[row] * cells_[second].measure[column] * beyond * beyond;
      }
    }
    return variance;
  }

  const std::vector<Leaf>& leaves_;
  std::vector<Cells> cells_;                // of each axis
  std::vector<std::vector<Range>> ranges_;  // of each leaf and axis
  std::vector<double> widths_;              // of each leaf and axis, the fraction of the axis
  std::vector<double> volumes_;             // of each leaf, the fraction of the space
  double mean_ = 0, variance_ = 0;
  std::vector<std::vector<double>> alone_;
  std::vector<double> alone_variance_;
};

std::vector<Leaf> TreeOf(const Sample& sample, std::uint64_t seed, int tree) {
  const std::size_t count = sample.observations.size();
  strategy::Draws draws(seed, strategy::Purpose::kImportance, tree);
  std::vector<std::uint32_t> drawn(std::min(count, kMostDrawn));
  for (std::uint32_t& each : drawn) {
    each = static_cast<std::uint32_t>(draws.Below(static_cast<std::int64_t>(count)));
  }
  return GrowTree(sample, std::move(drawn));
}

// Whether each axis is one of those whose pairs are looked at.
std::vector<bool> Paired(const std::vector<Effect>& alone) {
  std::vector<std::size_t> order(alone.size());
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::ranges::stable_sort(
      order, [&](std::size_t a, std::size_t b) { return alone[a].importance > alone[b].importance; });
  std::vector<bool> paired(alone.size());
  for (std::size_t i = 0; i < std::min(order.size(), kMostPaired); ++i) paired[order[i]] = true;
  return paired;
}

void Summarize(std::vector<double> fractions, Effect& effect) {
  if (fractions.empty()) return;
  std::ranges::sort(fractions);
  effect.importance =
      std::accumulate(fractions.begin(), fractions.end(), 0.0) / static_cast<double>(fractions.size());
  effect.low = std::min(Quantile(fractions, kLowShare), effect.importance);
  effect.high = std::max(Quantile(fractions, kHighShare), effect.importance);
}

}  // namespace

std::vector<Effect> Fanova(const Sample& sample, std::uint64_t seed) {
  std::vector<std::vector<Leaf>> forest;
  forest.reserve(kTrees);
  for (int tree = 0; tree < kTrees; ++tree) forest.push_back(TreeOf(sample, seed, tree));
  std::vector<TreeEffects> trees;
  for (const auto& leaves : forest) {
    TreeEffects effects(sample, leaves);
    if (effects.variance() > 0) trees.push_back(std::move(effects));
  }
  const auto summarized = [&](const std::vector<std::size_t>& axes) {
    std::vector<double> fractions;
    fractions.reserve(trees.size());
    for (const TreeEffects& tree : trees) fractions.push_back(std::min(tree.Of(axes) / tree.variance(), 1.0));
    Effect effect{axes};
    Summarize(std::move(fractions), effect);
    return effect;
  };
  std::vector<Effect> effects;
  std::vector<bool> paired;
  for (const std::vector<std::size_t>& axes : EffectsOf(sample.axes.size())) {
    if (axes.size() == 2 && paired.empty()) paired = Paired(effects);
    if (axes.size() == 1 || (paired[axes[0]] && paired[axes[1]])) effects.push_back(summarized(axes));
  }
  return effects;
}

}  // namespace hpsearch::importance
