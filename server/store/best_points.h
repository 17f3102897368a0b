// The best points of a study whose points are trained several times, from its trials' rows: for the coordinator
// that reads a study again, and for readers. Every row is read. Errors are thrown (SQLite::Exception). Threads:
// those of the connection. Only this room sees SQLite.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "server/store/rows.h"
#include "server/store/study_reader.h"
#include "server/study/replicates.h"

namespace hpsearch::store {

// How often each point of the study is trained, as its specification says; 1: it says nothing.
std::int64_t ReplicatesOf(Statements& statements, std::int64_t study);

// As study::PointRanking has them; none: there is no such study. While trials are extended, those count with what
// they have come to so far.
std::vector<study::PointResult> ReadBestPoints(Statements& statements, std::int64_t study, std::int64_t replicates,
                                               std::int64_t limit);

// As StudyReader::BestPoint has it.
std::optional<PointRow> ReadBestPoint(Statements& statements, const std::string& study);

}  // namespace hpsearch::store
