// The fitted curves beside scipy's of the same values.
#include "server/stopping/curve_fit.h"

#include <gtest/gtest.h>

#include <cmath>

#include "tests/server/stopping/oracle_rows.h"

namespace hpsearch::stopping {
namespace {

TEST(CurveFit, IsThatOfScipy) {
  const auto rows = OracleRows("stopping_fits.tsv");
  ASSERT_GT(rows.size(), 20U);
  int exponentials = 0;
  for (const auto& row : rows) {
    const std::vector<double> curve = Numbers(row.at(0));
    const std::vector<double> told = Numbers(row.at(2));
    const auto fit = FitCurve(curve);
    ASSERT_TRUE(fit.has_value());
    EXPECT_EQ(fit->family == CurveFit::Family::kPower ? "power" : "exponential", row.at(1)) << row.at(0);
    exponentials += fit->family == CurveFit::Family::kExponential ? 1 : 0;
    const auto epochs = static_cast<double>(curve.size());
    EXPECT_NEAR(fit->At(epochs), told.at(0), 1e-6);
    EXPECT_NEAR(fit->At(10 * epochs), told.at(1), 1e-5);
    EXPECT_NEAR(fit->end, told.at(2), 1e-5);
    EXPECT_NEAR(fit->squares, told.at(3), 1e-10);
  }
  EXPECT_GT(exponentials, 3);
  EXPECT_LT(exponentials, 21);
}

TEST(CurveFit, OfALongCurveSomeEpochsTellTheSame) {
  std::vector<double> curve;
  for (int epoch = 1; epoch <= 5000; ++epoch) curve.push_back(0.1 + 0.7 * std::pow(epoch, -0.5));
  const auto fit = FitCurve(curve);
  ASSERT_TRUE(fit.has_value());
  EXPECT_EQ(fit->family, CurveFit::Family::kPower);
  EXPECT_NEAR(fit->end, 0.1, 1e-6);
  EXPECT_NEAR(fit->shape, 0.5, 1e-6);
}

TEST(CurveFit, WantsFourValues) {
  EXPECT_FALSE(FitCurve(std::vector<double>{0.5, 0.4, std::nan(""), 0.3}).has_value());
  EXPECT_FALSE(FitCurve({}).has_value());
  const auto flat = FitCurve(std::vector<double>(4, 0.25));
  ASSERT_TRUE(flat.has_value());
  EXPECT_EQ(flat->At(4), 0.25);
  EXPECT_EQ(flat->end, 0.25);
}

}  // namespace
}  // namespace hpsearch::stopping
