#include "client/cli/chart.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace hpsearch::cli {
namespace {

// A character of braille has 2 x 4 dots; Unicode numbers them by columns, the lowest row last.
constexpr int kDotsWide = 2;
constexpr int kDotsHigh = 4;
constexpr std::uint8_t kDotBits[kDotsHigh][kDotsWide] = {{0x01, 0x08}, {0x02, 0x10}, {0x04, 0x20}, {0x40, 0x80}};

std::string Braille(std::uint8_t dots) {
  const std::uint32_t code = 0x2800 + dots;
  return {static_cast<char>(0xE0 | code >> 12), static_cast<char>(0x80 | (code >> 6 & 0x3F)),
          static_cast<char>(0x80 | (code & 0x3F))};
}

class Canvas {
 public:
  Canvas(int columns, int lines) : columns_(columns), cells_(static_cast<std::size_t>(columns) * lines) {}

  void Dot(int x, int y, Style style) {
    Cell& cell = cells_[y / kDotsHigh * columns_ + x / kDotsWide];
    cell.dots |= kDotBits[y % kDotsHigh][x % kDotsWide];
    cell.style = style;
  }
  void Line(int x0, int y0, int x1, int y1, Style style) {
    const int steps = std::max({std::abs(x1 - x0), std::abs(y1 - y0), 1});
    for (int step = 0; step <= steps; ++step) {
      const double part = static_cast<double>(step) / steps;
      Dot(static_cast<int>(std::lround(x0 + part * (x1 - x0))),
          static_cast<int>(std::lround(y0 + part * (y1 - y0))), style);
    }
  }
  std::string Row(int line, bool colour) const {
    std::string text;
    for (int column = 0; column < columns_; ++column) {
      const Cell& cell = cells_[line * columns_ + column];
      text += cell.dots == 0 ? " " : Styled(Braille(cell.dots), cell.style, colour);
    }
    return text;
  }

 private:
  struct Cell {
    std::uint8_t dots = 0;
    Style style = Style::kPlain;
  };
  int columns_;
  std::vector<Cell> cells_;
};

struct Range {
  double low = 0, high = 1;
};

Range RangeOf(const std::vector<Curve>& curves) {
  Range range{INFINITY, -INFINITY};
  for (const Curve& curve : curves) {
    for (const auto& value : curve.values) {
      if (!value || !std::isfinite(*value)) continue;
      range.low = std::min(range.low, *value);
      range.high = std::max(range.high, *value);
    }
  }
  if (range.low > range.high) return {};
  const double margin =
      range.high > range.low ? (range.high - range.low) * 0.05 : std::max(std::abs(range.high) * 0.1, 1e-3);
  // What is never negative gets no axis below 0.
  return {range.low >= 0 ? std::max(0.0, range.low - margin) : range.low - margin, range.high + margin};
}

std::string Tick(double value) {
  return std::abs(value) != 0 && (std::abs(value) < 1e-3 || std::abs(value) >= 1e4) ? fmt::format("{:.1e}", value)
                                                                                    : fmt::format("{:.3f}", value);
}

// The names of the curves by the line that each ends at, one a line.
std::vector<std::string> Names(const std::vector<Curve>& curves, const std::vector<int>& ends, int lines,
                               bool colour) {
  std::vector<std::string> names(lines);
  for (std::size_t i = 0; i < curves.size(); ++i) {
    if (ends[i] < 0) continue;
    for (int distance = 0; distance < 2 * lines; ++distance) {  // the nearest free line
      const int line = ends[i] + (distance % 2 == 0 ? distance / 2 : -(distance + 1) / 2);
      if (line < 0 || line >= lines || !names[line].empty()) continue;
      names[line] = Styled(curves[i].name, curves[i].style, colour);
      break;
    }
  }
  return names;
}

}  // namespace

std::string DrawChart(const std::vector<Curve>& curves, const ChartOptions& options) {
  const int lines = std::max(options.height, 4);
  const Range range = RangeOf(curves);
  std::size_t points = 1;
  int name_width = 0;
  for (const Curve& curve : curves) {
    points = std::max(points, curve.values.size());
    name_width = std::max(name_width, DisplayWidth(curve.name));
  }
  const int tick_width = static_cast<int>(std::max(Tick(range.low).size(), Tick(range.high).size()));
  const int columns = std::max(std::max(options.width, 40) - tick_width - name_width - 5, 10);

  Canvas canvas(columns, lines);
  const int dots_x = columns * kDotsWide - 1, dots_y = lines * kDotsHigh - 1;
  const auto x_of = [&](std::size_t index) {
    return points == 1 ? 0 : static_cast<int>(std::lround(static_cast<double>(index) / (points - 1) * dots_x));
  };
  const auto y_of = [&](double value) {
    return static_cast<int>(std::lround((range.high - value) / (range.high - range.low) * dots_y));
  };
  std::vector<int> ends;
  for (const Curve& curve : curves) {
    std::optional<std::pair<int, int>> last;
    for (std::size_t i = 0; i < curve.values.size(); ++i) {
      if (!curve.values[i] || !std::isfinite(*curve.values[i])) {
        last.reset();
        continue;
      }
      const std::pair<int, int> dot{x_of(i), y_of(*curve.values[i])};
      const auto from = last.value_or(dot);
      canvas.Line(from.first, from.second, dot.first, dot.second, curve.style);
      last = dot;
    }
    ends.push_back(last ? last->second / kDotsHigh : -1);
  }

  const std::vector<std::string> names = Names(curves, ends, lines, options.colour);
  const int tick_every = std::max(lines / 4, 2);
  std::string chart;
  for (int line = 0; line < lines; ++line) {
    const bool tick = line % tick_every == 0 || line == lines - 1;
    const double value = range.high - (line + 0.5) / lines * (range.high - range.low);
    chart += fmt::format("{:>{}} {}{} {}\n", tick ? Tick(value) : "", tick_width, tick ? "┤" : "│",
                         canvas.Row(line, options.colour), names[line]);
  }
  std::string axis, labels(columns, ' ');
  for (int column = 0; column < columns; ++column) axis += "─";
  const std::string last = std::to_string(points);
  labels.replace(0, 1, "1");
  if (points > 1) labels.replace(columns - last.size(), last.size(), last);
  if (points > 8 && columns > 30) {
    const std::string middle = std::to_string((points + 1) / 2);
    labels.replace(x_of((points + 1) / 2 - 1) / kDotsWide, middle.size(), middle);
  }
  chart +=
      fmt::format("{:>{}} └{}\n{:>{}}  {} {}\n", "", tick_width, axis, "", tick_width, labels, options.x_name);
  return chart;
}

}  // namespace hpsearch::cli
