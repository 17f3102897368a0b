// The passes that carry a part of the data through a network, batch by batch: one for whole batches, another for
// the rest of the rows.
//
// Threads and ownership as nn::Pass has them. Errors as nn::Graph::MakeTrainingPass has them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "worker/nn/graph.h"

namespace hpsearch::train {

enum class PassKind { kTraining, kInference };

class PartPasses {
 public:
  PartPasses() = default;
  // For a part of `rows` rows in batches of `batch`.
  static absl::StatusOr<PartPasses> Make(nn::Graph& graph, PassKind kind, std::int64_t rows, std::int64_t batch);

  // Requires: `rows` is a whole batch or the rest.
  nn::Pass& For(std::size_t rows) const {
    return whole_ != nullptr && whole_->rows() == static_cast<std::int64_t>(rows) ? *whole_ : *rest_;
  }

 private:
  std::unique_ptr<nn::Pass> whole_;
  std::unique_ptr<nn::Pass> rest_;
};

}  // namespace hpsearch::train
