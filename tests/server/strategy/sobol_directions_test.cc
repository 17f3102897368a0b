#include "server/strategy/sobol_directions.h"

#include <gtest/gtest.h>

#include <fstream>
#include <string>

namespace hpsearch::strategy {
namespace {

// The table that tests/oracle/make_sobol.py made with scipy's generator.
TEST(SobolDirections, MakeThePointsThatScipyMakes) {
  std::ifstream table(HPSEARCH_SOURCE_DIR "/tests/oracle/sobol_points.csv");
  std::string line;
  std::getline(table, line);
  ASSERT_EQ(line, "dimension,index,point");
  int points = 0;
  for (std::size_t dimension = 0; table >> dimension; ++points) {
    char comma = 0;
    std::uint64_t index = 0, point = 0;
    table >> comma >> index >> comma >> point;
    EXPECT_EQ(SobolPlace(SobolDirectionsOf(dimension), index), point << 11) << dimension << " " << index;
  }
  EXPECT_GT(points, 100);
}

// A recurrence that went wrong further up would have a number without its own bit.
TEST(SobolDirections, HaveEachItsOwnBit) {
  for (std::size_t dimension = 0; dimension < kSobolDimensions; ++dimension) {
    const SobolDirections directions = SobolDirectionsOf(dimension);
    for (std::size_t i = 0; i < directions.size(); ++i) {
      EXPECT_EQ(directions[i] << i, std::uint64_t{1} << 63) << dimension << " " << i;
    }
  }
}

}  // namespace
}  // namespace hpsearch::strategy
