// Softmax and cross-entropy with its gradient. Items are rows.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "worker/nn/floats.h"
#include "worker/nn/initializer.h"
#include "worker/nn/loss.h"

namespace hpsearch::nn {
namespace {

void SoftmaxCrossEntropy(benchmark::State& state) {
  const std::int64_t rows = state.range(0), units = state.range(1);
  const auto loss = MakeSoftmaxCrossEntropy(units);
  Floats logits(rows * units), diff(rows * units);
  Initialize(model::InitializerKind::kNormal, 1, 1, RandomStream({}, Purpose::kInitialWeights, 0), logits.span());
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(rows));
  for (std::size_t row = 0; row < labels.size(); ++row)
    labels[row] = static_cast<std::uint8_t>(row % static_cast<std::size_t>(units));
  for (auto _ : state) benchmark::DoNotOptimize(loss->Evaluate(logits.data(), labels.data(), rows, diff.data()));
  state.SetItemsProcessed(state.iterations() * rows);
}
BENCHMARK(SoftmaxCrossEntropy)->Args({32, 10})->Args({128, 10})->Args({128, 100});

}  // namespace
}  // namespace hpsearch::nn
