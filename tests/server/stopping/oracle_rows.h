// The tables that tests/oracle/make_stopping.py wrote: cells apart by tabs, numbers in a cell by spaces.
#pragma once

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>
#include <vector>

namespace hpsearch::stopping {

inline std::vector<std::string> Split(const std::string& text, char at) {
  std::vector<std::string> parts;
  std::istringstream stream(text);
  for (std::string part; std::getline(stream, part, at);) parts.push_back(part);
  return parts;
}

inline std::vector<double> Numbers(const std::string& cell) {
  std::vector<double> values;
  for (const std::string& word : Split(cell, ' ')) values.push_back(std::strtod(word.c_str(), nullptr));
  return values;
}

inline std::vector<std::vector<std::string>> OracleRows(const std::string& file) {
  std::vector<std::vector<std::string>> rows;
  std::ifstream table(HPSEARCH_SOURCE_DIR "/tests/oracle/" + file);
  for (std::string line; std::getline(table, line);) rows.push_back(Split(line, '\t'));
  return rows;
}

}  // namespace hpsearch::stopping
