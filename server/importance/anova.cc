#include "server/importance/anova.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "server/strategy/draws.h"

namespace hpsearch::importance {
namespace {

constexpr int kResamples = 400;

// The points as cells of a grid, the last axis varying fastest.
struct Grid {
  std::vector<std::size_t> levels;  // of each axis
  std::size_t cells = 1;
  std::size_t repeats = 0;               // of each cell
  std::vector<std::vector<double>> all;  // of each cell, in the order of the sample

  std::size_t LevelOf(std::size_t cell, std::size_t axis) const {
    for (std::size_t behind = levels.size() - 1; behind > axis; --behind) cell /= levels[behind];
    return cell % levels[axis];
  }
};

std::optional<Grid> GridOf(const Sample& sample) {
  Grid grid;
  const std::size_t points = sample.observations.size();
  std::vector<std::vector<double>> values(sample.axes.size());
  for (std::size_t axis = 0; axis < sample.axes.size(); ++axis) {
    for (const Observation& observation : sample.observations) values[axis].push_back(observation.at[axis]);
    std::ranges::sort(values[axis]);
    values[axis].erase(std::unique(values[axis].begin(), values[axis].end()), values[axis].end());
    grid.levels.push_back(values[axis].size());
    if (values[axis].empty() || grid.cells > points / values[axis].size()) return std::nullopt;
    grid.cells *= values[axis].size();
  }
  if (grid.levels.empty()) return std::nullopt;
  grid.all.resize(grid.cells);
  for (const Observation& observation : sample.observations) {
    std::size_t cell = 0;
    for (std::size_t axis = 0; axis < grid.levels.size(); ++axis) {
      const auto found = std::ranges::lower_bound(values[axis], observation.at[axis]);
      cell = cell * grid.levels[axis] + static_cast<std::size_t>(found - values[axis].begin());
    }
    grid.all[cell].push_back(observation.objective);
  }
  grid.repeats = points / grid.cells;
  for (const auto& each : grid.all) {
    if (each.size() != grid.repeats) return std::nullopt;
  }
  return grid;
}

// A grid's function taken apart. Which cells share a level of an effect does not change: it is looked up once.
class Parts {
 public:
  explicit Parts(const Grid& grid) : cells_(grid.cells), effects_(EffectsOf(grid.levels.size())) {
    for (const auto& axes : effects_) {
      std::size_t levels = 1;
      std::size_t freedom = 1;
      std::vector<std::uint32_t> level_of(cells_);
      for (const std::size_t axis : axes) {
        for (std::size_t cell = 0; cell < cells_; ++cell) {
          level_of[cell] =
              static_cast<std::uint32_t>(level_of[cell] * grid.levels[axis] + grid.LevelOf(cell, axis));
        }
        levels *= grid.levels[axis];
        freedom *= grid.levels[axis] - 1;
      }
      level_of_.push_back(std::move(level_of));
      levels_.push_back(levels);
      freedom_ += freedom;
    }
  }

  const std::vector<std::vector<std::size_t>>& effects() const { return effects_; }
  std::size_t freedom() const { return freedom_; }  // that of the mean and of all effects

  // Of each effect, the fraction of the variance of the function that has these means of cells; zeros where it has
  // none. `fit`: what the mean and the effects together make of each cell.
  std::vector<double> Fractions(const std::vector<double>& means, std::vector<double>* fit = nullptr) const {
    // From the first one on, so that equal ones differ by nothing, whatever rounding makes of their sum.
    double mean = 0;
    for (const double value : means) mean += value - means[0];
    mean = means[0] + mean / static_cast<double>(cells_);
    double variance = 0;
    for (const double value : means) variance += (value - mean) * (value - mean);
    std::vector<std::vector<double>> parts;
    std::vector<double> fractions;
    for (std::size_t e = 0; e < effects_.size(); ++e) {
      const double share = static_cast<double>(levels_[e]) / static_cast<double>(cells_);
      std::vector<double>& part = parts.emplace_back(levels_[e]);
      for (std::size_t cell = 0; cell < cells_; ++cell) part[level_of_[e][cell]] += share * (means[cell] - mean);
      TakeOff(e, parts);
      double sum = 0;
      for (const double value : part) sum += value * value;
      fractions.push_back(variance > 0 ? sum / share / variance : 0);
    }
    if (fit != nullptr) {
      fit->assign(cells_, mean);
      for (std::size_t e = 0; e < effects_.size(); ++e) {
        for (std::size_t cell = 0; cell < cells_; ++cell) (*fit)[cell] += parts[e][level_of_[e][cell]];
      }
    }
    return fractions;
  }

 private:
  // From what two axes do together, what each of them does alone.
  void TakeOff(std::size_t effect, std::vector<std::vector<double>>& parts) const {
    if (effects_[effect].size() < 2) return;
    const std::vector<double>& first = parts[effects_[effect][0]];
    const std::vector<double>& second = parts[effects_[effect][1]];
    for (std::size_t i = 0; i < first.size(); ++i) {
      for (std::size_t j = 0; j < second.size(); ++j) parts[effect][i * second.size() + j] -= first[i] + second[j];
    }
  }

  std::size_t cells_;
  std::vector<std::vector<std::size_t>> effects_;
  std::vector<std::vector<std::uint32_t>> level_of_;  // of an effect, of each cell
  std::vector<std::size_t> levels_;
  std::size_t freedom_ = 1;
};

double MeanOf(const std::vector<double>& values) {
  double sum = 0;
  for (const double value : values) sum += value;
  return sum / static_cast<double>(values.size());
}

// Widens each effect by what it comes to where the residuals fall otherwise.
void Bootstrap(const Grid& grid, const Parts& parts, const std::vector<double>& fit, std::uint64_t seed,
               std::vector<Effect>& effects) {
  const std::size_t points = grid.cells * grid.repeats;
  if (points <= parts.freedom()) return;
  // A fit follows the noise: what is left over is smaller than it, by so much.
  const double scale = std::sqrt(static_cast<double>(points) / static_cast<double>(points - parts.freedom()));
  std::vector<double> residuals;
  for (std::size_t cell = 0; cell < grid.cells; ++cell) {
    for (const double value : grid.all[cell]) residuals.push_back(scale * (value - fit[cell]));
  }
  std::vector<std::vector<double>> drawn(effects.size());
  std::vector<double> means(grid.cells);
  for (int resample = 0; resample < kResamples; ++resample) {
    strategy::Draws draws(seed, strategy::Purpose::kImportance, resample);
    for (std::size_t cell = 0; cell < grid.cells; ++cell) {
      double sum = 0;
      for (std::size_t repeat = 0; repeat < grid.repeats; ++repeat) {
        sum += residuals[static_cast<std::size_t>(draws.Below(static_cast<std::int64_t>(points)))];
      }
      means[cell] = fit[cell] + sum / static_cast<double>(grid.repeats);
    }
    const std::vector<double> fractions = parts.Fractions(means);
    for (std::size_t e = 0; e < effects.size(); ++e) drawn[e].push_back(fractions[e]);
  }
  for (std::size_t e = 0; e < effects.size(); ++e) {
    // Noise upon noise moves the whole of the resamples: what counts is how far they lie about their own mean.
    Effect& effect = effects[e];
    const double shift = effect.importance - MeanOf(drawn[e]);
    std::ranges::sort(drawn[e]);
    effect.low = std::clamp(Quantile(drawn[e], kLowShare) + shift, 0.0, effect.importance);
    effect.high = std::clamp(Quantile(drawn[e], kHighShare) + shift, effect.importance, 1.0);
  }
}

}  // namespace

std::optional<std::vector<Effect>> Anova(const Sample& sample, std::uint64_t seed) {
  const std::optional<Grid> grid = GridOf(sample);
  if (!grid) return std::nullopt;
  const Parts parts(*grid);
  std::vector<double> means;
  for (const auto& values : grid->all) means.push_back(MeanOf(values));
  std::vector<double> fit;
  const std::vector<double> fractions = parts.Fractions(means, &fit);
  std::vector<Effect> effects;
  for (std::size_t e = 0; e < fractions.size(); ++e) {
    const double fraction = std::min(fractions[e], 1.0);  // but for rounding
    effects.push_back({parts.effects()[e], fraction, fraction, fraction});
  }
  Bootstrap(*grid, parts, fit, seed, effects);
  return effects;
}

}  // namespace hpsearch::importance
