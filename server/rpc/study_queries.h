// The reads of StudyService: a request checked, rows read, the answer filled. Run on the read pool.
// Answers are bounded: a page ends early, a curve is cut, and the curves of too many trials are
// RESOURCE_EXHAUSTED. Further errors: INVALID_ARGUMENT (a malformed request), NOT_FOUND, and what the reader
// returns.
#pragma once

#include "absl/status/status.h"
#include "hpsearch/v1/study_service.pb.h"
#include "server/store/study_reader.h"

namespace hpsearch::rpc {

absl::Status GetStudy(store::StudyReader& reader, const v1::GetStudyRequest& request, v1::Study* study);
absl::Status ListStudies(store::StudyReader& reader, const v1::ListStudiesRequest& request,
                         v1::ListStudiesResponse* response);
absl::Status GetTrial(store::StudyReader& reader, const v1::GetTrialRequest& request, v1::Trial* trial);
absl::Status ListTrials(store::StudyReader& reader, const v1::ListTrialsRequest& request,
                        v1::ListTrialsResponse* response);
absl::Status GetCurves(store::StudyReader& reader, const v1::GetCurvesRequest& request,
                       v1::GetCurvesResponse* response);
absl::Status ListRounds(store::StudyReader& reader, const v1::ListRoundsRequest& request,
                        v1::ListRoundsResponse* response);

}  // namespace hpsearch::rpc
