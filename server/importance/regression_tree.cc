#include "server/importance/regression_tree.h"

#include <algorithm>
#include <optional>
#include <span>
#include <utility>

namespace hpsearch::importance {
namespace {

struct Split {
  std::size_t axis = 0;
  double at = 0;      // numbers below it to the left; else the level that goes there
  double gained = 0;  // of squared error
};

// How much less the squared error is with these points apart, given the sums of both sides; up to what is the same
// for every split of a node.
double Gain(double left_sum, double left, double sum, double count) {
  const double right_sum = sum - left_sum;
  return left_sum * left_sum / left + right_sum * right_sum / (count - left) - sum * sum / count;
}

class Grower {
 public:
  explicit Grower(const Sample& sample) : sample_(sample) {}

  std::vector<Leaf> Grow(std::vector<std::uint32_t> drawn) {
    Leaf all;
    for (const Axis& axis : sample_.axes) {
      all.box.push_back({axis.low, axis.high, std::vector<bool>(static_cast<std::size_t>(axis.levels), true)});
    }
    // Node by node, with its points beside it, not by recursion: a tree may be as deep as it has points.
    std::vector<std::pair<Leaf, std::span<std::uint32_t>>> open;
    open.emplace_back(std::move(all), drawn);
    std::vector<Leaf> leaves;
    while (!open.empty()) {
      auto [node, points] = std::move(open.back());
      open.pop_back();
      const std::optional<Split> split = Best(points);
      if (!split) {
        node.value = MeanOf(points);
        leaves.push_back(std::move(node));
        continue;
      }
      const std::size_t axis = split->axis;
      const auto right = std::stable_partition(points.begin(), points.end(), [&](std::uint32_t point) {
        const double at = sample_.observations[point].at[axis];
        return sample_.axes[axis].levels > 0 ? at == split->at : at < split->at;
      });
      const auto left = static_cast<std::size_t>(right - points.begin());
      Leaf other = node;
      if (sample_.axes[axis].levels > 0) {
        const auto level = static_cast<std::size_t>(split->at);
        node.box[axis].levels.assign(node.box[axis].levels.size(), false);
        node.box[axis].levels[level] = true;
        other.box[axis].levels[level] = false;
      } else {
        node.box[axis].high = other.box[axis].low = split->at;
      }
      open.emplace_back(std::move(other), points.subspan(left));
      open.emplace_back(std::move(node), points.first(left));
    }
    return leaves;
  }

 private:
  double MeanOf(std::span<const std::uint32_t> points) const {
    double sum = 0;
    for (const std::uint32_t point : points) sum += sample_.observations[point].objective;
    return sum / static_cast<double>(points.size());
  }

  // nullopt: nothing is gained.
  std::optional<Split> Best(std::span<const std::uint32_t> points) {
    const double first = sample_.observations[points.front()].objective;
    if (std::ranges::all_of(points, [&](auto point) { return sample_.observations[point].objective == first; })) {
      return std::nullopt;
    }
    // Relative to the mean, so that a large one does not swallow what differs.
    const double mean = MeanOf(points);
    std::optional<Split> best;
    for (std::size_t axis = 0; axis < sample_.axes.size(); ++axis) {
      values_.clear();
      double sum = 0;
      for (const std::uint32_t point : points) {
        const Observation& observation = sample_.observations[point];
        values_.emplace_back(observation.at[axis], observation.objective - mean);
        sum += values_.back().second;
      }
      std::ranges::sort(values_);
      if (values_.front().first == values_.back().first) continue;
      if (sample_.axes[axis].levels > 0) {
        SplitLevels(axis, sum, best);
      } else {
        SplitNumbers(axis, sum, best);
      }
    }
    return best;
  }

  void SplitNumbers(std::size_t axis, double sum, std::optional<Split>& best) const {
    const auto count = static_cast<double>(values_.size());
    double left = 0;
    for (std::size_t i = 0; i + 1 < values_.size(); ++i) {
      left += values_[i].second;
      const double here = values_[i].first, next = values_[i + 1].first;
      if (here == next) continue;
      // Of neighbours that have nothing between them, the upper one: the lower stays below it.
      const double middle = here + (next - here) / 2;
      const double at = middle > here ? middle : next;
      Consider({axis, at, Gain(left, static_cast<double>(i + 1), sum, count)}, best);
    }
  }

  void SplitLevels(std::size_t axis, double sum, std::optional<Split>& best) const {
    for (std::size_t begin = 0, end = 0; begin < values_.size(); begin = end) {
      double of_level = 0;
      while (end < values_.size() && values_[end].first == values_[begin].first) of_level += values_[end++].second;
      Consider({axis, values_[begin].first,
                Gain(of_level, static_cast<double>(end - begin), sum, static_cast<double>(values_.size()))},
               best);
    }
  }

  // Of equals the first. A split that gains nothing is one all the same: what lies below it may.
  static void Consider(const Split& split, std::optional<Split>& best) {
    if (!best || split.gained > best->gained) best = split;
  }

  const Sample& sample_;
  std::vector<std::pair<double, double>> values_;  // of an axis, with the objective
};

}  // namespace

std::vector<Leaf> GrowTree(const Sample& sample, std::vector<std::uint32_t> drawn) {
  return Grower(sample).Grow(std::move(drawn));
}

}  // namespace hpsearch::importance
