#include "worker/train/part_passes.h"

#include <utility>

namespace hpsearch::train {

absl::StatusOr<PartPasses> PartPasses::Make(nn::Graph& graph, PassKind kind, std::int64_t rows,
                                            std::int64_t batch) {
  PartPasses passes;
  for (auto [count, pass] :
       {std::pair(rows >= batch ? batch : 0, &passes.whole_), std::pair(rows % batch, &passes.rest_)}) {
    if (count == 0) continue;
    absl::StatusOr<std::unique_ptr<nn::Pass>> made =
        kind == PassKind::kTraining ? graph.MakeTrainingPass(count) : graph.MakeInferencePass(count);
    if (!made.ok()) return made.status();
    *pass = *std::move(made);
  }
  return passes;
}

}  // namespace hpsearch::train
