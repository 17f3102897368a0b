// One study of a database, held against what the coordinator keeps true of it: its rounds, every point of the grid
// once, each trial and its curve. Walks through the rows in their order, so that memory does not grow with them.
//
// Threads: those of the connection. Errors are thrown (SQLite::Exception): rows that cannot be read.
#pragma once

#include <cstdint>

#include "server/store/findings.h"
#include "server/store/rows.h"

namespace hpsearch::store {

struct Examined {
  std::int64_t trials = 0, epochs = 0;
};

// `most_rows`: that the file has room for in one table. More of them would go round in a circle.
Examined ExamineStudy(Statements& statements, const study::StudyRecord& study, std::int64_t most_rows,
                      Findings& findings);

}  // namespace hpsearch::store
