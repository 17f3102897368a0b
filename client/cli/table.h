// An aligned table of text for people: numbers to the right, words to the left, colours on a terminal alone. A
// value; no errors.
#pragma once

#include <string>
#include <vector>

#include "client/cli/terminal.h"

namespace hpsearch::cli {

struct Column {
  enum class Align { kLeft, kRight };
  std::string name;
  Align align = Align::kLeft;
};

struct Cell {
  Cell(std::string text, Style style = Style::kPlain) : text(std::move(text)), style(style) {}  // NOLINT
  Cell(const char* text) : text(text) {}                                                        // NOLINT
  std::string text;
  Style style = Style::kPlain;
};

class Table {
 public:
  explicit Table(std::vector<Column> columns);
  // Requires: as many cells as columns.
  void AddRow(std::vector<Cell> cells);
  std::string Render(bool colour) const;

 private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

}  // namespace hpsearch::cli
