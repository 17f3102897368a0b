#include "tests/server/importance/oracle_tables.h"

#include <algorithm>
#include <fstream>
#include <stdexcept>

#include "absl/strings/str_split.h"

namespace hpsearch::importance {

std::map<std::string, OracleCase> ReadOracle(const std::string& table, const std::string& point) {
  std::ifstream file(HPSEARCH_SOURCE_DIR "/tests/oracle/" + table);
  std::map<std::string, OracleCase> cases;
  std::string line;
  std::getline(file, line);
  while (std::getline(file, line)) {
    const std::vector<std::string> cells = absl::StrSplit(line, ',');
    const std::vector<std::string> at = absl::StrSplit(cells.at(2), ' ');
    OracleCase& one = cases[cells.at(1)];
    const double value = std::stod(cells.at(3));
    if (cells.at(0) != point) {
      auto& answer = one.answers.emplace_back(std::vector<std::size_t>{}, value);
      for (const std::string& axis : at) answer.first.push_back(std::stoul(axis));
      continue;
    }
    Observation& observation = one.sample.observations.emplace_back();
    observation.objective = value;
    one.sample.axes.resize(at.size(), {.low = 0, .high = 1});
    for (std::size_t axis = 0; axis < at.size(); ++axis) {
      observation.at.push_back(std::stod(at[axis]));
      double& high = one.sample.axes[axis].high;
      high = std::max(high, observation.at.back());
    }
  }
  if (cases.empty()) throw std::runtime_error(table + ": nothing in it");
  return cases;
}

}  // namespace hpsearch::importance
