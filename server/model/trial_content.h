// What a trial trains, as one text: the same content is the same curve, to the bit, whatever the study, the number
// of epochs and the names of its parameters. The key of a trial is a hash of it. Pure; from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/model/document.h"

namespace hpsearch::model {

struct TrialContent {
  Node model, training, dataset;  // with a point's values in place of references
  std::string data_hash;
  std::int64_t seed = 0;
  std::int64_t replicate = 0;
  std::string numerics_digest;

  // JSON of all of it but the number of epochs; the length of a schedule that has an end counts. INVALID_ARGUMENT:
  // `training` cannot be read.
  absl::StatusOr<std::string> Text() const;
};

}  // namespace hpsearch::model
