// A lease as the trainer's own types, through the document that every reader of a study goes through.
//
// Pure. Errors: INVALID_ARGUMENT with every fault's key path; the coordinator checked the study, so that one here
// means that it is of another version.
#pragma once

#include <cstdint>

#include "absl/status/statusor.h"
#include "hpsearch/v1/worker_service.pb.h"
#include "server/model/dataset.h"
#include "server/model/document.h"
#include "server/model/training.h"

namespace hpsearch::agent {

struct LeasedTrial {
  model::DatasetSpec dataset;
  model::Node model;  // becomes a network once the data's shape is known
  model::Training
      training;  // epochs: those of the study, by which schedules go; how many are trained, the lease says
  std::int64_t seed = 0;
  std::int64_t replicate = 0;
};

// What a lease trains, as the sections of a study file.
struct LeasedSections {
  model::Node dataset, model, training;
};
absl::StatusOr<LeasedSections> SectionsOf(const v1::Lease& lease);

absl::StatusOr<LeasedTrial> DecodeLease(const v1::Lease& lease);

}  // namespace hpsearch::agent
