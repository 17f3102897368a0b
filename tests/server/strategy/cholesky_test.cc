#include "server/strategy/cholesky.h"

#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "server/strategy/draws.h"

namespace hpsearch::strategy {
namespace {

constexpr std::size_t kSize = 97;  // of no block's size

// A matrix of squares and a diagonal, rows below and on the diagonal.
std::vector<std::vector<double>> Rows(std::size_t n) {
  Draws draws(2, Purpose::kGp, 0);
  std::vector<std::vector<double>> vectors(n, std::vector<double>(n)), rows;
  for (auto& vector : vectors)
    for (double& entry : vector) entry = draws.Normal() / 10;
  for (std::size_t i = 0; i < n; ++i) {
    rows.emplace_back(i + 1);
    for (std::size_t j = 0; j <= i; ++j)
      for (std::size_t k = 0; k < n; ++k) rows[i][j] += vectors[i][k] * vectors[j][k];
    rows[i][i] += 0.5;
  }
  return rows;
}

double Entry(const std::vector<std::vector<double>>& rows, std::size_t i, std::size_t j) {
  return i < j ? rows[j][i] : rows[i][j];
}

TEST(Cholesky, SolvesWhatItFactored) {
  const auto rows = Rows(kSize);
  CholeskyFactor factor;
  for (const auto& row : rows) factor.Append(row);
  for (const std::size_t leading : {kSize, std::size_t{40}, std::size_t{1}}) {
    std::vector<double> right(leading);
    for (std::size_t i = 0; i < leading; ++i) right[i] = std::sin(static_cast<double>(i));
    std::vector<double> solved = right;
    factor.SolveLower(solved);
    factor.SolveUpper(solved);
    for (std::size_t i = 0; i < leading; ++i) {
      double sum = 0;
      for (std::size_t j = 0; j < leading; ++j) sum += Entry(rows, i, j) * solved[j];
      EXPECT_NEAR(sum, right[i], 1e-10);
    }
  }
}

TEST(Cholesky, SolvesColumnsTogetherAsOneByOne) {
  CholeskyFactor factor;
  for (const auto& row : Rows(kSize)) factor.Append(row);
  std::vector<double> columns;
  for (std::size_t i = 0; i < 7 * kSize; ++i) columns.push_back(std::cos(static_cast<double>(i)));
  std::vector<double> together = columns;
  factor.SolveLowerColumns(together);
  for (std::size_t k = 0; k < 7; ++k) {
    const std::span<double> column(&columns[k * kSize], kSize);
    factor.SolveLower(column);
    for (std::size_t i = 0; i < kSize; ++i) EXPECT_NEAR(together[k * kSize + i], column[i], 1e-12);
  }
}

// To the bit, however it came to its size.
TEST(Cholesky, ARowDependsOnTheRowsBeforeItAlone) {
  const auto rows = Rows(kSize);
  CholeskyFactor straight, winding;
  for (const auto& row : rows) straight.Append(row);
  const auto others = Rows(kSize + 60);
  for (std::size_t i = 0; i < 30; ++i) winding.Append(rows[i]);
  for (std::size_t i = 30; i < others.size(); ++i) winding.Append(others[i]);
  winding.Truncate(30);
  for (std::size_t i = 30; i < kSize; ++i) winding.Append(rows[i]);
  std::vector<double> one(kSize, 1.0), other(kSize, 1.0);
  straight.SolveLower(one);
  winding.SolveLower(other);
  EXPECT_EQ(one, other);
  straight.SolveUpper(one);
  winding.SolveUpper(other);
  EXPECT_EQ(one, other);
  std::vector<double> columns(3 * kSize, 1.0), same = columns;
  straight.SolveLowerColumns(columns);
  winding.SolveLowerColumns(same);
  EXPECT_EQ(columns, same);
}

TEST(Cholesky, Inverts) {
  const auto rows = Rows(kSize);
  std::vector<double> matrix(kSize * kSize);
  for (std::size_t j = 0; j < kSize; ++j)
    for (std::size_t i = j; i < kSize; ++i) matrix[j * kSize + i] = rows[i][j];
  const auto inverse = Invert(matrix, kSize);
  ASSERT_TRUE(inverse.has_value());
  CholeskyFactor factor;
  for (const auto& row : rows) factor.Append(row);
  for (std::size_t j = 0; j < kSize; j += 12) {
    std::vector<double> column(kSize);
    column[j] = 1;
    factor.SolveLower(column);
    factor.SolveUpper(column);
    for (std::size_t i = j; i < kSize; ++i) EXPECT_NEAR(inverse->entries[j * kSize + i], column[i], 1e-11);
  }
  // 2 x 2: 3 * 2 - 1.
  EXPECT_NEAR(Invert(std::vector<double>{3, 1, 1, 2}, 2)->log_determinant, std::log(5), 1e-15);
  EXPECT_FALSE(Invert(std::vector<double>{1, 2, 2, 1}, 2).has_value());
}

}  // namespace
}  // namespace hpsearch::strategy
