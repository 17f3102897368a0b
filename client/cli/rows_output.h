// Rows on stdout, for programs or for people: the one way out of every verb that lists something. Pure but for
// stdout.
#pragma once

#include <vector>

#include "client/cli/json_output.h"
#include "client/cli/table.h"

namespace hpsearch::cli {

void PrintRows(bool as_json, const std::vector<Json>& rows, const Table& table);

}  // namespace hpsearch::cli
