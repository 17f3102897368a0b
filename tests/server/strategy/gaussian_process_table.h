// tests/oracle/gaussian_process.txt, as its script writes it.
#pragma once

#include <gtest/gtest.h>

#include <fstream>
#include <sstream>
#include <string>
#include <vector>

#include "server/strategy/cube.h"

namespace hpsearch::strategy {

struct GaussianProcessTable {
  struct Answer {
    Coordinates at;
    double mean = 0, deviation = 0;
  };
  struct Case {
    std::vector<double> logs;  // of the hyperparameters
    double likelihood = 0;
    std::vector<Answer> answers;
  };
  Cube cube = {{}, {}, {.kind = Dimension::Kind::kCategorical, .levels = 3}};
  std::vector<Coordinates> points;
  std::vector<double> observed;
  std::vector<Case> cases;
  std::vector<std::pair<double, double>> improvements;  // z, the logarithm
};

inline GaussianProcessTable ReadGaussianProcessTable() {
  GaussianProcessTable table;
  std::ifstream file(HPSEARCH_SOURCE_DIR "/tests/oracle/gaussian_process.txt");
  std::string line;
  while (std::getline(file, line)) {
    std::istringstream words(line);
    std::string kind, word;
    words >> kind;
    std::vector<double> numbers;
    while (words >> word) numbers.push_back(std::stod(word));  // a stream would not read "nan"
    const auto front = [&numbers](std::size_t count) {
      return std::vector<double>(numbers.begin(), numbers.begin() + static_cast<std::ptrdiff_t>(count));
    };
    if (kind == "point") {
      table.points.push_back(front(3));
      table.observed.push_back(numbers[3]);
    } else if (kind == "logs") {
      table.cases.push_back({.logs = front(5), .likelihood = numbers[5]});
    } else if (kind == "at") {
      table.cases.back().answers.push_back({.at = front(3), .mean = numbers[3], .deviation = numbers[4]});
    } else {
      table.improvements.emplace_back(numbers[0], numbers[1]);
    }
  }
  EXPECT_EQ(table.points.size(), 14u);
  EXPECT_EQ(table.cases.size(), 2u);
  EXPECT_EQ(table.improvements.size(), 17u);
  return table;
}

}  // namespace hpsearch::strategy
