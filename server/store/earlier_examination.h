// The results of earlier studies that a study began with (search.warm_start), held against the study: that it
// asked for them, and of which studies, that they are numbered in a row, and that each has an objective and a
// point that the study can have.
//
// Threads: those of the connection. Errors are thrown (SQLite::Exception): rows that cannot be read.
#pragma once

#include <cstdint>

#include "server/store/findings.h"
#include "server/store/rows.h"
#include "server/study/spec.h"

namespace hpsearch::store {

// `spec`: null where it cannot be read; then what follows from it is not looked at. `most_rows`: see ExamineStudy.
void ExamineEarlier(Statements& statements, const study::StudyRecord& study, const study::StudySpec* spec,
                    std::int64_t most_rows, Findings& findings);

}  // namespace hpsearch::store
