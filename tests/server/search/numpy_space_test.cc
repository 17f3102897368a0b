#include "server/search/numpy_space.h"

#include <gtest/gtest.h>

#include <bit>
#include <cmath>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include "server/search/generator.h"

namespace hpsearch::search {
namespace {

struct Case {
  std::string line;
  std::string function;
  double start = 0, stop = 0;
  std::int64_t num = 0;
  bool endpoint = true;
  double base = 10;
  std::map<std::int64_t, double> values;
};

double Hex(const std::string& text) { return std::strtod(text.c_str(), nullptr); }

// The table that tests/oracle/make_numpy_space.py had numpy make.
std::vector<Case> ReadTable() {
  std::vector<Case> cases;
  std::ifstream file(HPSEARCH_SOURCE_DIR "/tests/oracle/numpy_space.csv");
  std::string line;
  std::getline(file, line);  // the header
  while (std::getline(file, line)) {
    std::istringstream row(line);
    std::string start, stop, num, endpoint, base, value;
    Case c;
    c.line = line;
    std::getline(row, c.function, ',');
    std::getline(row, start, ',');
    std::getline(row, stop, ',');
    std::getline(row, num, ',');
    std::getline(row, endpoint, ',');
    std::getline(row, base, ',');
    c.start = Hex(start);
    c.stop = Hex(stop);
    c.num = std::stoll(num);
    c.endpoint = endpoint == "1";
    c.base = Hex(base);
    while (row >> value) {
      const std::size_t colon = value.find(':');
      c.values[std::stoll(value.substr(0, colon))] = Hex(value.substr(colon + 1));
    }
    cases.push_back(std::move(c));
  }
  return cases;
}

double At(const Case& c, std::int64_t index) {
  const Place place = LatticePlace(index);
  if (c.function == "linspace") return LatticeValue(Linspace{c.start, c.stop, c.num, c.endpoint}, place);
  if (c.function == "logspace") return LatticeValue(Logspace{c.start, c.stop, c.num, c.endpoint, c.base}, place);
  return LatticeValue(Geomspace{c.start, c.stop, c.num, c.endpoint}, place);
}

bool SameBits(double a, double b) {
  if (std::isnan(a) || std::isnan(b)) return std::isnan(a) && std::isnan(b);
  return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b);
}

TEST(NumpySpaceTest, EqualsNumpyToTheBit) {
  const std::vector<Case> cases = ReadTable();
  ASSERT_GE(cases.size(), 2000u);
  std::map<std::string, int> functions;
  int failures = 0;
  for (const Case& c : cases) {
    ++functions[c.function];
    for (const auto& [index, expected] : c.values) {
      const double actual = At(c, index);
      if (SameBits(actual, expected)) continue;
      ADD_FAILURE() << c.function << " index " << index << ": " << std::hexfloat << actual << " is not "
                    << expected << "\n"
                    << c.line.substr(0, 120);
      if (++failures == 20) FAIL() << "and perhaps more";
    }
  }
  EXPECT_EQ(functions.size(), 3u);
}

TEST(NumpySpaceTest, TableCoversTheOddCases) {
  bool no_values = false, one = false, no_endpoint = false, equal_ends = false, descending = false, base = false;
  for (const Case& c : ReadTable()) {
    no_values |= c.num == 0 && c.values.empty();
    one |= c.num == 1 && c.values.size() == 1;
    no_endpoint |= !c.endpoint && c.num > 1;
    equal_ends |= c.start == c.stop && c.num > 1;
    descending |= c.start > c.stop && c.num > 1;
    base |= c.function == "logspace" && c.base != 10;
  }
  EXPECT_TRUE(no_values && one && no_endpoint && equal_ends && descending && base);
}

TEST(CoordinateAtTest, WholeIndicesAreLinspaceAndOthersLieBetween) {
  const LinearScale scale{-2, -0.30103, 4, true};
  for (std::int64_t i = 0; i < 4; ++i) {
    EXPECT_TRUE(
        SameBits(CoordinateAt(scale, i, 1), LatticeValue(Linspace{-2, -0.30103, 4, true}, LatticePlace(i))))
        << i;
  }
  EXPECT_LT(CoordinateAt(scale, 5, 2), CoordinateAt(scale, 3, 1));
  EXPECT_GT(CoordinateAt(scale, 5, 2), CoordinateAt(scale, 2, 1));
  EXPECT_NEAR(CoordinateAt(scale, -1, 1), -2 - (2 - 0.30103) / 3, 1e-15);
  EXPECT_NEAR(CoordinateAt(scale, 7, 2), -0.30103 + (2 - 0.30103) / 6, 1e-15);
}

}  // namespace
}  // namespace hpsearch::search
