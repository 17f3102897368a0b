#include "server/strategy/gp_kernel.h"

#include <algorithm>

namespace hpsearch::strategy {

PointSet::Spot PointSet::SpotOf(std::size_t dimension, double at) const {
  const Dimension& kind = cube_[dimension];
  if (kind.kind == Dimension::Kind::kCategorical)
    return {.along = IsAbsent(at) ? -1 : std::floor(at * static_cast<double>(kind.levels))};
  return IsAbsent(at) ? Spot{.along = 0.5, .beside = std::sqrt(0.75)} : Spot{.along = at};
}

PointSet::Spot PointSet::SpotOfPoint(std::size_t dimension, std::size_t point) const {
  return {.along = along_[dimension][point], .beside = beside_[dimension][point]};
}

void PointSet::Add(const Coordinates& at) {
  for (std::size_t d = 0; d < cube_.size(); ++d) {
    const Spot spot = SpotOf(d, at[d]);
    along_[d].push_back(spot.along);
    beside_[d].push_back(spot.beside);
  }
  ++size_;
}

void PointSet::Truncate(std::size_t size) {
  for (std::vector<double>& along : along_) along.resize(size);
  for (std::vector<double>& beside : beside_) beside.resize(size);
  size_ = size;
}

void PointSet::AddDistances(std::size_t dimension, Spot from, double weight, std::span<double> out) const {
  const double* along = along_[dimension].data();
  if (cube_[dimension].kind == Dimension::Kind::kCategorical) {
    for (std::size_t i = 0; i < out.size(); ++i) out[i] += along[i] == from.along ? 0 : weight;
    return;
  }
  const double* beside = beside_[dimension].data();
  for (std::size_t i = 0; i < out.size(); ++i) {
    const double forth = along[i] - from.along, across = beside[i] - from.beside;
    out[i] += weight * (forth * forth + across * across);
  }
}

void PointSet::AddDistances(std::size_t dimension, std::size_t point, double weight, std::span<double> out) const {
  AddDistances(dimension, SpotOfPoint(dimension, point), weight, out);
}

void PointSet::SquaredDistances(const Coordinates& at, std::span<const double> weights,
                                std::span<double> out) const {
  std::ranges::fill(out, 0);
  for (std::size_t d = 0; d < cube_.size(); ++d) AddDistances(d, SpotOf(d, at[d]), weights[d], out);
}

void PointSet::SquaredDistances(std::size_t point, std::span<const double> weights, std::span<double> out) const {
  std::ranges::fill(out, 0);
  for (std::size_t d = 0; d < cube_.size(); ++d) AddDistances(d, SpotOfPoint(d, point), weights[d], out);
}

}  // namespace hpsearch::strategy
