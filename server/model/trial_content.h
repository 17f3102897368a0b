// What a trial trains, as one text: the same content is the same curve, to the bit, whatever the study, the number
// of epochs and the names of its parameters. The key of a trial is a hash of it. Pure; from any thread.
#pragma once

#include <cstdint>
#include <string>

#include "absl/status/statusor.h"
#include "server/model/document.h"

namespace hpsearch::model {

// Borrows its parts, which are large, and is made for each lease: for the one expression that it stands in.
struct TrialContent {
  const Node& model;  // these three with a point's values in place of references
  const Node& training;
  const Node& dataset;
  const std::string& data_hash;
  std::int64_t seed = 0;
  std::int64_t replicate = 0;
  const std::string& numerics_digest;

  // JSON of all of it but the number of epochs; the length of a schedule that has an end counts. INVALID_ARGUMENT:
  // `training` cannot be read.
  absl::StatusOr<std::string> Text() const;
};

}  // namespace hpsearch::model
