// The best points of a study whose points are trained several times: from its trials' rows, of which every one is
// read, for the coordinator that reads a study again; and what readers are told of the best of them. Errors are
// thrown (SQLite::Exception). Threads: those of the connection. Only this room sees SQLite.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "server/store/rows.h"
#include "server/store/study_reader.h"
#include "server/study/replicates.h"

namespace hpsearch::store {

// How often each point of the study is trained, as its specification says; 1: it says nothing.
std::int64_t ReplicatesOf(Statements& statements, std::int64_t study);

// As study::PointRanking has them, none where there is no such study. While trials are extended, those count with
// what they have come to so far.
study::RankedPoints ReadBestPoints(Statements& statements, std::int64_t study, std::int64_t replicates,
                                   std::int64_t limit);

// Those behind the best are looked through for one at another place.
inline constexpr std::int64_t kMostRivals = 16;
// The point that the study's best trial stands for, with its rival among the study's best points, the best first;
// nullopt: it is none of those.
std::optional<PointRow> BestPointOf(Statements& statements, std::int64_t study, std::int64_t best_trial,
                                    const std::vector<study::PointResult>& ranked);

}  // namespace hpsearch::store
