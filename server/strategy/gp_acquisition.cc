#include "server/strategy/gp_acquisition.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <numeric>
#include <utility>

#include "server/strategy/expected_improvement.h"
#include "server/strategy/lbfgs.h"

namespace hpsearch::strategy {
namespace {

constexpr double kBelowOne = 1 - 0x1p-53;
constexpr double kGain = 1e-6;  // of the logarithm: a step that gains less is the last

// How much is looked at. To believe something of a point costs the square of the posterior's points.
struct Effort {
  std::size_t drawn = 0;   // half of them anywhere, half near the best
  std::size_t starts = 0;  // of them, from where it is climbed
  int evaluations = 0;     // of each climb
};
Effort EffortAt(std::size_t points) {
  const double cost = static_cast<double>(points) * static_cast<double>(points);
  const double evaluations = std::clamp(3e7 / cost, 30.0, 120.0);
  const std::size_t starts = evaluations < 60 ? 2 : 4;
  return {.drawn = static_cast<std::size_t>(std::clamp(1e8 / cost, 100.0, 1000.0)),
          .starts = starts,
          .evaluations = static_cast<int>(evaluations) / static_cast<int>(starts)};
}

Coordinates Anywhere(const Cube& cube, Draws& draws) {
  Coordinates at(cube.size());
  for (double& coordinate : at) coordinate = draws.Uniform();
  return at;
}

// A neighbour: some coordinates, at least one, moved by a normal step of a width that is drawn from 0.003 to 0.3;
// levels without an order drawn anew.
Coordinates Near(const Cube& cube, const Coordinates& centre, Draws& draws) {
  Coordinates at = centre;
  const double width = 0.3 * std::pow(0.01, draws.Uniform());
  const double share = draws.Uniform();
  const auto always = static_cast<std::size_t>(draws.Below(static_cast<std::int64_t>(cube.size())));
  for (std::size_t d = 0; d < cube.size(); ++d) {
    if (draws.Uniform() >= share && d != always) continue;
    if (IsAbsent(at[d]) || cube[d].kind == Dimension::Kind::kCategorical) {
      at[d] = draws.Uniform();
      continue;
    }
    const double level = cube[d].kind == Dimension::Kind::kOrdinal ? 1 / static_cast<double>(cube[d].levels) : 0;
    at[d] = std::clamp(at[d] + std::max(width, level) * draws.Normal(), 0.0, kBelowOne);
  }
  return at;
}

struct Scored {
  Coordinates at;
  double score = 0;
};

// The best first; of equals in the order given.
std::vector<Scored> Ranked(const Search& search, std::vector<Coordinates> points) {
  for (Coordinates& at : points) search.settle(at);
  const std::vector<Posterior::Belief> beliefs = search.posterior.At(points);
  std::vector<Scored> ranked;
  for (std::size_t i = 0; i < points.size(); ++i) {
    const double score = LogExpectedImprovement(beliefs[i].mean, beliefs[i].deviation, search.best).value;
    ranked.push_back({std::move(points[i]), score});
  }
  std::ranges::stable_sort(ranked, std::greater<>(), &Scored::score);
  return ranked;
}

// Along the numeric dimensions that are there; the others stay.
Coordinates Climb(const Search& search, const Coordinates& start, int evaluations) {
  std::vector<std::size_t> moved;
  std::vector<double> from;
  for (std::size_t d = 0; d < start.size(); ++d) {
    if (IsAbsent(start[d]) || search.cube[d].kind == Dimension::Kind::kCategorical) continue;
    moved.push_back(d);
    from.push_back(start[d]);
  }
  Coordinates at = start;
  std::vector<double> by_mean(start.size()), by_deviation(start.size());
  const SmoothFunction loss = [&](std::span<const double> x, std::span<double> gradient) {
    for (std::size_t i = 0; i < x.size(); ++i) at[moved[i]] = x[i];
    const Posterior::Belief belief = search.posterior.At(at, by_mean, by_deviation);
    const LogImprovement improvement = LogExpectedImprovement(belief.mean, belief.deviation, search.best);
    for (std::size_t i = 0; i < x.size(); ++i) {
      gradient[i] = -(improvement.by_mean * by_mean[moved[i]] + improvement.by_deviation * by_deviation[moved[i]]);
    }
    return -improvement.value;
  };
  const std::vector<Interval> box(moved.size(), {0, kBelowOne});
  const Minimum found = Minimize(loss, std::move(from), box, evaluations, kGain);
  for (std::size_t i = 0; i < moved.size(); ++i) at[moved[i]] = found.at[i];
  return at;
}

bool WasTried(const Search& search, const Coordinates& at) {
  return std::ranges::any_of(search.tried, [&at](const Coordinates& point) { return SamePlace(at, point); });
}

}  // namespace

Coordinates NextPoint(const Search& search, Draws& draws) {
  const Effort effort = EffortAt(search.posterior.size());
  std::vector<Coordinates> points;
  for (std::size_t i = 0; i < effort.drawn / 2; ++i) points.push_back(Anywhere(search.cube, draws));
  for (std::size_t i = 0; i < effort.drawn / 2; ++i) {
    points.push_back(Near(search.cube, search.elite[i % search.elite.size()], draws));
  }
  const std::vector<Scored> drawn = Ranked(search, std::move(points));
  std::vector<Coordinates> tops;
  for (std::size_t i = 0; i < effort.starts; ++i) tops.push_back(Climb(search, drawn[i].at, effort.evaluations));
  const std::vector<Scored> climbed = Ranked(search, std::move(tops));
  for (const std::vector<Scored>* found : {&climbed, &drawn}) {
    for (const Scored& one : *found)
      if (!WasTried(search, one.at)) return one.at;
  }
  return climbed.front().at;
}

}  // namespace hpsearch::strategy
