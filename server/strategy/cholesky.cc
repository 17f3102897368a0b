#include "server/strategy/cholesky.h"

#define EIGEN_DONT_PARALLELIZE
#include <Eigen/Cholesky>
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstddef>

namespace hpsearch::strategy {
namespace {

using Matrix = Eigen::MatrixXd;
using ConstView = Eigen::Map<const Matrix, 0, Eigen::OuterStride<>>;

// Eigen cuts sums into blocks by the sizes of the caches, and would ask the processor for them: other machines,
// other bits.
void FixBlocks() {
  [[maybe_unused]] static const bool fixed = [] {
    constexpr std::ptrdiff_t kKiB = 1024;
    Eigen::setCpuCacheSizes(32 * kKiB, 512 * kKiB, 4096 * kKiB);
    return true;
  }();
}

Eigen::Index Signed(std::size_t size) { return static_cast<Eigen::Index>(size); }

}  // namespace

// These two are written out, since Eigen's order of summing depends on the distance of two columns in memory,
// which changes as the factor grows.
void CholeskyFactor::SolveLower(std::span<double> v) const {
  for (std::size_t j = 0; j < v.size(); ++j) {
    const double* column = Column(j);
    const double x = v[j] / column[j];
    v[j] = x;
    for (std::size_t i = j + 1; i < v.size(); ++i) v[i] -= x * column[i];
  }
}

void CholeskyFactor::SolveUpper(std::span<double> v) const {
  constexpr std::size_t kLanes = 4;
  for (std::size_t j = v.size(); j-- > 0;) {
    const double* column = Column(j);
    double lanes[kLanes] = {};
    std::size_t i = j + 1;
    for (; i + kLanes <= v.size(); i += kLanes)
      for (std::size_t lane = 0; lane < kLanes; ++lane) lanes[lane] += column[i + lane] * v[i + lane];
    double sum = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
    for (; i < v.size(); ++i) sum += column[i] * v[i];
    v[j] = (v[j] - sum) / column[j];
  }
}

void CholeskyFactor::SolveLowerColumns(std::span<double> columns) const {
  if (columns.empty()) return;
  FixBlocks();
  const ConstView factor(entries_.data(), Signed(size_), Signed(size_), Eigen::OuterStride<>(Signed(stride_)));
  Eigen::Map<Matrix> right(columns.data(), Signed(size_), Signed(columns.size() / size_));
  factor.triangularView<Eigen::Lower>().solveInPlace(right);
}

void CholeskyFactor::Reserve(std::size_t size) {
  if (size <= stride_) return;
  const std::size_t stride = std::max<std::size_t>(64, (size + size / 2 + 7) / 8 * 8);
  std::vector<double> entries(stride * stride);
  for (std::size_t j = 0; j < size_; ++j)
    std::copy(Column(j) + j, Column(j) + size_, entries.begin() + static_cast<std::ptrdiff_t>(j * stride + j));
  entries_ = std::move(entries);
  stride_ = stride;
}

void CholeskyFactor::Append(std::span<const double> row) {
  Reserve(size_ + 1);
  std::vector<double> solved(row.begin(), row.end() - 1);
  SolveLower(solved);
  double pivot = row.back();
  for (std::size_t j = 0; j < size_; ++j) {
    pivot -= solved[j] * solved[j];
    Column(j)[size_] = solved[j];
  }
  Column(size_)[size_] = std::sqrt(std::max(pivot, kLeastPivot));
  ++size_;
}

std::optional<Inverse> Invert(std::span<const double> matrix, std::size_t n) {
  FixBlocks();
  Eigen::LLT<Matrix, Eigen::Lower> factor(Eigen::Map<const Matrix>(matrix.data(), Signed(n), Signed(n)));
  if (factor.info() != Eigen::Success) return std::nullopt;
  Inverse inverse{.entries = std::vector<double>(n * n)};
  for (std::size_t j = 0; j < n; ++j)
    inverse.log_determinant += 2 * std::log(factor.matrixLLT()(Signed(j), Signed(j)));
  const Matrix lower = factor.matrixL().solve(Matrix::Identity(Signed(n), Signed(n)));
  Eigen::Map<Matrix> entries(inverse.entries.data(), Signed(n), Signed(n));
  entries.selfadjointView<Eigen::Lower>().rankUpdate(lower.transpose());
  return inverse;
}

}  // namespace hpsearch::strategy
