// The linear algebra of the Gaussian process: a Cholesky factor that grows by a row, and the inverse of a whole
// matrix. Eigen stands behind it, in this file's source alone.
//
// Bits: one thread, and block sizes that do not ask the processor for its caches. A row of a factor depends on the
// rows before it and on nothing else, neither on how often it grew nor on where it lies in memory.
//
// A factor is a value with one owner, one thread at a time; the functions may be called from any thread. No
// errors: a pivot that rounding has made too small, or negative, is raised to kLeastPivot (of entries about 1).
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <vector>

namespace hpsearch::strategy {

class CholeskyFactor {
 public:
  static constexpr double kLeastPivot = 1e-10;

  std::size_t size() const { return size_; }
  // Forgets the rows from `size` on. Requires: size <= size().
  void Truncate(std::size_t size) { size_ = size; }
  // Appends a row of the matrix: its entries with the rows that are there, then the diagonal's. size()^2 steps.
  void Append(std::span<const double> row);

  // Of the leading block of `rows` rows, in place: L^-1 v, and L^-T v. Require: v.size() == rows <= size().
  void SolveLower(std::span<double> v) const;
  void SolveUpper(std::span<double> v) const;
  // L^-1 of the whole for many columns at once, one behind the other. Requires: columns.size() % size() == 0.
  void SolveLowerColumns(std::span<double> columns) const;

 private:
  double* Column(std::size_t j) { return &entries_[j * stride_]; }
  const double* Column(std::size_t j) const { return &entries_[j * stride_]; }
  void Reserve(std::size_t size);

  std::size_t size_ = 0;
  std::size_t stride_ = 0;
  std::vector<double> entries_;  // column by column; below and on the diagonal
};

struct Inverse {
  std::vector<double> entries;  // of the inverse: n by n, the lower triangle
  double log_determinant = 0;   // of the matrix
};

// Of a symmetric positive definite matrix of n columns, its lower triangle column by column. nullopt: it is not,
// to rounding.
std::optional<Inverse> Invert(std::span<const double> matrix, std::size_t n);

}  // namespace hpsearch::strategy
