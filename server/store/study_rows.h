// The rows of study_reader.h: the statements that select them, through the public views where these have all that
// is wanted, and how each is read.
// Only this room sees SQLite.
//
// Threads: those of the connection. Errors are thrown (SQLite::Exception). The statements live as long as the
// process.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "server/store/rows.h"
#include "server/store/study_reader.h"
#include "server/store/study_tallies.h"
#include "server/study/records.h"

namespace hpsearch::store {

// In the order in which they are counted and named.
inline constexpr std::array kTrialStates = {study::TrialState::kQueued,       study::TrialState::kRunning,
                                            study::TrialState::kPaused,       study::TrialState::kCompleted,
                                            study::TrialState::kEarlyStopped, study::TrialState::kDiverged,
                                            study::TrialState::kFailed,       study::TrialState::kCancelled};

const char* StudySql(Detail detail);  // ?1: the study's name
const char* LearntSql();              // ?1: the study's name
const char* StudiesSql();             // ?1: the id that they stand below, ?2: how many; the newest first
const char* TrialSql();               // ?1: the study's name, ?2: the trial's number
const char* RoundsSql();              // ?1: the study's id, ?2: behind this round, ?3: how many
const char* CurveSql();   // ?1: the study's name, ?2: the trial's number, ?3: behind this epoch, ?4: how many
const char* CurvesSql();  // ?1: the study's name, ?2 and ?3: from this trial on and below that one
// The metrics of CurveSql's epochs, but that ?4 is the last epoch, and of CurvesSql's.
const char* CurveMetricsSql();
const char* CurvesMetricsSql();
const char* WorkersSql();

// The columns of trial_results that ReadTrialRow wants; the end is what stands behind WHERE study = ?1.
std::string TrialsSql(std::string_view end);

// Counts the study's trials too.
StudyRow ReadStudyRow(Query& query, Statements& statements, StudyTallies& tallies);
LearntRow ReadLearntRow(Query& query);
TrialRow ReadTrialRow(Query& query);
RoundRow ReadRoundRow(Query& query);  // without what came of its trials
EpochRow ReadEpochRow(Query& query);  // without its metrics
// Metrics of epochs that stand in `rows` in their order; those of others are passed over.
void ReadMetricRows(Query& query, std::vector<EpochRow>& rows);
WorkerRow ReadWorkerRow(Query& query);

}  // namespace hpsearch::store
