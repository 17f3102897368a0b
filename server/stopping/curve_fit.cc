#include "server/stopping/curve_fit.h"

#include <algorithm>
#include <cmath>
#include <tuple>
#include <utility>
#include <vector>

namespace hpsearch::stopping {
namespace {

constexpr int kCells = 24;   // of the shape's range, even in its logarithm
constexpr int kShrunk = 48;  // times; by the golden section to 1e-10 of it

struct Sample {
  double epoch = 0, value = 0;
};

std::vector<Sample> SamplesOf(std::span<const double> curve) {
  const auto epochs = static_cast<std::int64_t>(curve.size());
  const std::int64_t taken = std::min(epochs, kMostFitted);
  std::vector<Sample> samples;
  for (std::int64_t i = 0; i < taken; ++i) {
    const std::int64_t at = taken < 2 ? 0 : i * (epochs - 1) / (taken - 1);
    const double value = curve[static_cast<std::size_t>(at)];
    if (std::isfinite(value)) samples.push_back({static_cast<double>(at + 1), value});
  }
  return samples;
}

double Basis(CurveFit::Family family, double shape, double epoch) {
  return family == CurveFit::Family::kPower ? std::pow(epoch, -shape) : std::exp(-shape * epoch);
}

// The best line over the basis of that shape.
CurveFit FitWith(CurveFit::Family family, double shape, const std::vector<Sample>& samples) {
  const auto count = static_cast<double>(samples.size());
  std::vector<double> basis;
  double basis_mean = 0;
  double value_mean = 0;
  for (const Sample& sample : samples) {
    basis.push_back(Basis(family, shape, sample.epoch));
    basis_mean += basis.back() / count;
    value_mean += sample.value / count;
  }
  double together = 0;
  double alone = 0;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    together += (basis[i] - basis_mean) * (samples[i].value - value_mean);
    alone += (basis[i] - basis_mean) * (basis[i] - basis_mean);
  }
  CurveFit fit{.family = family, .shape = shape};
  fit.scale = alone > 0 ? together / alone : 0;
  fit.end = value_mean - fit.scale * basis_mean;
  for (std::size_t i = 0; i < samples.size(); ++i) {
    const double left = samples[i].value - (fit.end + fit.scale * basis[i]);
    fit.squares += left * left;
  }
  return fit;
}

CurveFit FitFamily(CurveFit::Family family, double least, double most, const std::vector<Sample>& samples) {
  const double low = std::log(least);
  const double step = (std::log(most) - low) / kCells;
  const auto at = [&](double place) { return FitWith(family, std::exp(low + place * step), samples); };
  int best = 0;
  CurveFit fit = at(0);
  for (int cell = 1; cell <= kCells; ++cell) {
    const CurveFit next = at(cell);
    if (next.squares < fit.squares) std::tie(best, fit) = std::pair(cell, next);
  }
  // Within the two cells about it (Kiefer, "Sequential minimax search for a maximum", 1953).
  const double golden = (std::sqrt(5.0) - 1) / 2;
  double from = std::max(best - 1, 0);
  double to = std::min(best + 1, kCells);
  double inner = to - golden * (to - from);
  double outer = from + golden * (to - from);
  CurveFit a = at(inner);
  CurveFit b = at(outer);
  for (int i = 0; i < kShrunk; ++i) {
    if (a.squares <= b.squares) {
      to = outer;
      outer = std::exchange(inner, outer - golden * (outer - from));
      b = std::exchange(a, at(inner));
    } else {
      from = inner;
      inner = std::exchange(outer, inner + golden * (to - inner));
      a = std::exchange(b, at(outer));
    }
  }
  for (const CurveFit& found : {a, b}) {
    if (found.squares < fit.squares) fit = found;
  }
  return fit;
}

}  // namespace

double CurveFit::At(double epoch) const { return end + scale * Basis(family, shape, epoch); }

std::optional<CurveFit> FitCurve(std::span<const double> curve) {
  const std::vector<Sample> samples = SamplesOf(curve);
  if (samples.size() < 4) return std::nullopt;
  const CurveFit power = FitFamily(CurveFit::Family::kPower, kLeastPower, kMostPower, samples);
  const CurveFit exponential = FitFamily(CurveFit::Family::kExponential, kLeastRate, kMostRate, samples);
  return exponential.squares < power.squares ? exponential : power;
}

}  // namespace hpsearch::stopping
