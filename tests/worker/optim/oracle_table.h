// The tables that tests/oracle/make_torch_training.py wrote: rows of cells apart by commas, hexadecimal floats in
// a cell apart by spaces.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace hpsearch::optim {

inline std::vector<double> Floats(const std::string& cell) {
  std::vector<double> values;
  std::istringstream words(cell);
  for (std::string word; words >> word;) values.push_back(std::strtod(word.c_str(), nullptr));
  return values;
}

// The rows of a case, in the file's order, without its name.
inline std::vector<std::vector<std::string>> RowsOf(const std::string& file, const std::string& name) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream table(HPSEARCH_SOURCE_DIR "/tests/oracle/" + file);
  for (std::string line; std::getline(table, line);) {
    if (!line.starts_with(name + ",")) continue;
    rows.emplace_back();
    std::istringstream cells(line.substr(name.size() + 1));
    for (std::string cell; std::getline(cells, cell, ',');) rows.back().push_back(cell);
  }
  return rows;
}

}  // namespace hpsearch::optim
