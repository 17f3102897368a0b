// Samples and answers as tests/oracle/make_anova.py and make_importance.py wrote them. Throws where a table is not
// as they write it.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "server/importance/effect.h"

namespace hpsearch::importance {

struct OracleCase {
  Sample sample;  // its axes are numbers from 0 to 1 more than the largest
  std::vector<std::pair<std::vector<std::size_t>, double>> answers;
};

// By name. `table` stands in tests/oracle; a row is a point where it begins with `point`, else an answer.
std::map<std::string, OracleCase> ReadOracle(const std::string& table, const std::string& point);

}  // namespace hpsearch::importance
