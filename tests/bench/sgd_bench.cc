// The update of a kernel with momentum, with and without a max-norm, in the shapes of the models that `hpsearch
// bench trainer` has. Items are weights.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <optional>

#include "worker/nn/floats.h"
#include "worker/nn/initializer.h"
#include "worker/optim/optimizer.h"

namespace hpsearch::optim {
namespace {

void Update(benchmark::State& state, std::optional<float> max_norm) {
  const std::int64_t inputs = state.range(0), units = state.range(1);
  nn::Floats value(inputs * units), gradient(inputs * units);
  const auto draw = [](std::int64_t stream, nn::Floats& to) {
    nn::Initialize(model::InitializerKind::kNormal, 1, 1,
                   nn::RandomStream({}, nn::Purpose::kInitialWeights, stream), to.span());
  };
  draw(0, value);
  draw(1, gradient);
  const Variable variable = {
      .value = value.span(), .gradient = gradient.span(), .inputs = inputs, .units = units, .max_norm = max_norm};
  Optimizer sgd({.rule = model::Sgd{.momentum = 0.9}}, {variable});
  for (auto _ : state) sgd.Step(1e-6, 0);
  state.SetItemsProcessed(state.iterations() * inputs * units);
}

void SgdMomentum(benchmark::State& state) { Update(state, std::nullopt); }
BENCHMARK(SgdMomentum)->Args({784, 128})->Args({128, 128})->Args({784, 1024})->Args({1024, 1024});
void SgdMomentumMaxNorm(benchmark::State& state) { Update(state, 5.0f); }
BENCHMARK(SgdMomentumMaxNorm)->Args({784, 128})->Args({128, 128})->Args({784, 1024})->Args({1024, 1024});
// Norms above the constraint, so that every weight is scaled.
void SgdMomentumMaxNormBinding(benchmark::State& state) { Update(state, 0.1f); }
BENCHMARK(SgdMomentumMaxNormBinding)->Args({784, 128})->Args({784, 1024});

}  // namespace
}  // namespace hpsearch::optim
