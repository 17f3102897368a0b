// A falling (or rising) curve that comes ever closer to an end, fitted by least squares: the power law
// end + scale * epoch^-shape (Domhan et al. 2015's pow3) and the exponential end + scale * exp(-shape * epoch),
// whichever leaves less. For a given shape the two others are a straight line's; the shape is searched for in the
// bounds below. The same bits on any machine of one libm. Pure; no errors.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

namespace hpsearch::stopping {

struct CurveFit {
  enum class Family { kPower, kExponential };
  Family family = Family::kPower;
  double end = 0, scale = 0, shape = 0;
  double squares = 0;  // the sum of what is left, squared

  double At(double epoch) const;
};

inline constexpr double kLeastPower = 0.05, kMostPower = 4;
inline constexpr double kLeastRate = 0.005, kMostRate = 3;
// Of a longer curve so many epochs are fitted, evenly apart, the first and the last among them.
inline constexpr std::int64_t kMostFitted = 128;

// The metric of epoch n at n - 1; what is not finite is left out. nullopt: fewer than four values.
std::optional<CurveFit> FitCurve(std::span<const double> curve);

}  // namespace hpsearch::stopping
