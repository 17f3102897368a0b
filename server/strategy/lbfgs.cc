#include "server/strategy/lbfgs.h"

#include <algorithm>
#include <cmath>
#include <deque>

namespace hpsearch::strategy {
namespace {

constexpr std::size_t kMemory = 8;
constexpr double kSufficient = 1e-4;  // of the decrease that the slope promises (Armijo)

using Vector = std::vector<double>;

double Dot(std::span<const double> a, std::span<const double> b) {
  double sum = 0;
  for (std::size_t i = 0; i < a.size(); ++i) sum += a[i] * b[i];
  return sum;
}

struct Update {
  Vector step, change;  // of x, of the gradient
  double curvature;     // step . change
};

// The gradient without the coordinates that a step down it would press against a wall.
Vector Free(std::span<const double> x, std::span<const double> gradient, std::span<const Interval> box) {
  Vector free(gradient.begin(), gradient.end());
  for (std::size_t i = 0; i < x.size(); ++i)
    if ((x[i] <= box[i].low && gradient[i] > 0) || (x[i] >= box[i].high && gradient[i] < 0)) free[i] = 0;
  return free;
}

// -H g by the two loops, H from the updates.
Vector Direction(const std::deque<Update>& updates, Vector gradient) {
  Vector shares(updates.size());
  for (std::size_t k = updates.size(); k-- > 0;) {
    shares[k] = Dot(updates[k].step, gradient) / updates[k].curvature;
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] -= shares[k] * updates[k].change[i];
  }
  if (!updates.empty()) {
    const Update& last = updates.back();
    const double scale = last.curvature / Dot(last.change, last.change);
    for (double& value : gradient) value *= scale;
  }
  for (std::size_t k = 0; k < updates.size(); ++k) {
    const double share = shares[k] - Dot(updates[k].change, gradient) / updates[k].curvature;
    for (std::size_t i = 0; i < gradient.size(); ++i) gradient[i] += share * updates[k].step[i];
  }
  for (double& value : gradient) value = -value;
  return gradient;
}

}  // namespace

Minimum Minimize(const SmoothFunction& function, std::vector<double> start, std::span<const Interval> box,
                 int evaluations, double gain) {
  const std::size_t n = start.size();
  Minimum best{.at = std::move(start)};
  Vector gradient(n), next(n), next_gradient(n);
  best.value = function(best.at, gradient);
  std::deque<Update> updates;
  for (--evaluations; evaluations > 0;) {
    const Vector free = Free(best.at, gradient, box);
    Vector direction = Direction(updates, free);
    for (std::size_t i = 0; i < n; ++i)
      if (free[i] == 0) direction[i] = 0;
    double slope = Dot(direction, free);
    if (!(slope < 0)) {  // the updates know nothing of this wall: straight down
      updates.clear();
      for (std::size_t i = 0; i < n; ++i) direction[i] = -free[i];
      slope = -Dot(free, free);
      if (slope == 0) return best;
    }
    // The first step is a tenth of the widest interval, its length tells nothing yet.
    double length = 1;
    if (updates.empty()) {
      double steepest = 0, widest = 0;
      for (std::size_t i = 0; i < n; ++i) {
        steepest = std::max(steepest, std::abs(direction[i]));
        widest = std::max(widest, box[i].high - box[i].low);
      }
      length = std::min(1.0, 0.1 * widest / steepest);
    }
    bool moved = false;
    double value = 0;
    for (; evaluations > 0 && !moved; length *= 0.25) {
      for (std::size_t i = 0; i < n; ++i)
        next[i] = std::clamp(best.at[i] + length * direction[i], box[i].low, box[i].high);
      value = function(next, next_gradient);
      --evaluations;
      double promised = 0;
      for (std::size_t i = 0; i < n; ++i) promised += gradient[i] * (next[i] - best.at[i]);
      moved = std::isfinite(value) && value <= best.value + kSufficient * promised && value < best.value;
      if (promised > -1e-300) break;
    }
    if (!moved) {
      if (updates.empty() || evaluations <= 0) return best;
      updates.clear();
      continue;
    }
    Update update{.step = Vector(n), .change = Vector(n)};
    for (std::size_t i = 0; i < n; ++i) {
      update.step[i] = next[i] - best.at[i];
      update.change[i] = next_gradient[i] - gradient[i];
    }
    update.curvature = Dot(update.step, update.change);
    if (update.curvature > 1e-12 * Dot(update.change, update.change)) {
      updates.push_back(std::move(update));
      if (updates.size() > kMemory) updates.pop_front();
    }
    const bool done = best.value - value < gain;
    best.at = next;
    best.value = value;
    gradient = next_gradient;
    if (done) return best;
  }
  return best;
}

}  // namespace hpsearch::strategy
