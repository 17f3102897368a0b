#include "client/cli/rows_output.h"

#include <fmt/format.h>

#include <nlohmann/json.hpp>

namespace hpsearch::cli {

void PrintRows(bool as_json, const std::vector<Json>& rows, const Table& table) {
  if (as_json) return PrintJsonArray(rows);
  fmt::print("{}", table.Render(HasColour(stdout)));
}

}  // namespace hpsearch::cli
