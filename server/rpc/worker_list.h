// ListWorkers: what the coordinator knows of its workers, as an answer of bounded length. Pure; any thread.
// Errors: INVALID_ARGUMENT (a page size below 0).
#pragma once

#include <vector>

#include "absl/status/status.h"
#include "hpsearch/v1/study_service.pb.h"
#include "server/study/coordinator.h"

namespace hpsearch::rpc {

// Of `workers`, by name, the page that is asked for; `now` is the wall clock's.
absl::Status ListWorkers(const std::vector<study::WorkerView>& workers, study::Micros now,
                         const v1::ListWorkersRequest& request, v1::ListWorkersResponse* response);

}  // namespace hpsearch::rpc
