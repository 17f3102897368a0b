// The networks that `hpsearch bench trainer` times: those of the contract, each as the sections of a study file.
//
// Pure; any thread. Errors: INVALID_ARGUMENT (no such model, and which there are; or what in it this version does
// not know yet).
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "server/model/network.h"
#include "server/model/training.h"

namespace hpsearch::bench {

struct BenchModel {
  std::string name;
  model::Network network;
  model::Training training;
  std::int64_t epoch_samples = 0;  // trained in an epoch, at most
};

// mlp, wide, cnn.
std::vector<std::string> ModelNames();

// The model on samples of shape `src`, trained in batches of `batch`. The learning rate grows with the batch, from
// the one that belongs to 128 rows.
absl::StatusOr<BenchModel> MakeBenchModel(const std::string& name, std::int64_t batch, const model::Shape& src);

}  // namespace hpsearch::bench
