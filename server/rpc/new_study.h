// What CreateStudy does before the coordinator is asked: the message becomes a checked specification, and with
// validate_only an answer that shows what would run. Pure; run on the read pool, since a check can take a while.
#pragma once

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hpsearch/v1/study_service.pb.h"
#include "server/study/spec.h"

namespace hpsearch::rpc {

enum class Paths { kRefused, kPermitted };  // of data sets; a client's folders are not the workers'

// INVALID_ARGUMENT with every fault, a line each.
absl::StatusOr<std::shared_ptr<const study::StudySpec>> ReadNewStudy(const v1::CreateStudyRequest& request,
                                                                     Paths paths);

// The study as it would be created: its name, specification, objective and counts of trials.
absl::Status Preview(const study::StudySpec& spec, v1::Study* study);

}  // namespace hpsearch::rpc
