#include "client/cli/table.h"

#include <algorithm>

namespace hpsearch::cli {

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (Column& column : columns_) column.name = PrintableLine(column.name);
}

void Table::AddRow(std::vector<Cell> cells) {
  for (Cell& cell : cells) cell.text = PrintableLine(cell.text);
  rows_.push_back(std::move(cells));
}

std::string Table::Render(bool colour) const {
  std::vector<int> widths;
  for (std::size_t column = 0; column < columns_.size(); ++column) {
    int width = DisplayWidth(columns_[column].name);
    for (const auto& row : rows_) width = std::max(width, DisplayWidth(row[column].text));
    widths.push_back(width);
  }
  std::string table;
  const auto add_line = [&](const auto& cell_of) {
    std::string line;
    for (std::size_t column = 0; column < columns_.size(); ++column) {
      const Cell cell = cell_of(column);
      const std::string padding(widths[column] - DisplayWidth(cell.text), ' ');
      const std::string text = Styled(cell.text, cell.style, colour);
      if (column > 0) line += "  ";
      line += columns_[column].align == Column::Align::kRight ? padding + text : text + padding;
    }
    line.erase(line.find_last_not_of(' ') + 1);
    table += line + "\n";
  };
  add_line([&](std::size_t column) { return Cell(columns_[column].name, Style::kBold); });
  for (const auto& row : rows_) add_line([&row](std::size_t column) { return row[column]; });
  return table;
}

}  // namespace hpsearch::cli
