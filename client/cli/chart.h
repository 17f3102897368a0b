// Curves drawn in text: braille dots, two by four a character, axes with ticks, each curve named at its right end.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/cli/terminal.h"

namespace hpsearch::cli {

struct Curve {
  std::string name;
  Style style = Style::kPlain;
  std::vector<std::optional<double>> values;  // at x = 1, 2, ...; nothing is drawn where there is none
};

struct ChartOptions {
  int width = 80;   // columns of the whole; at least 40 are taken
  int height = 16;  // lines of the plot; at least 4 are taken
  bool colour = false;
  std::string x_name;
};

std::string DrawChart(const std::vector<Curve>& curves, const ChartOptions& options);

}  // namespace hpsearch::cli
