// The generator: sixteen blocks at a time, at its best on this processor and as plain C++. Bytes are random ones.
#include <benchmark/benchmark.h>

#include <array>
#include <cstdint>
#include <vector>

#include "worker/nn/philox.h"

namespace hpsearch::nn {
namespace {

template <auto kBundles>
void Bundles(benchmark::State& state) {
  const std::int64_t bundles = state.range(0);
  std::vector<std::uint32_t> words(static_cast<std::size_t>(bundles * kBundleWords));
  std::uint32_t step = 0;
  for (auto _ : state) {
    kBundles({1, 2}, {step++, 1, 0}, 0, bundles, words.data());
    benchmark::DoNotOptimize(words.data());
    benchmark::ClobberMemory();
  }
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(words.size() * sizeof(std::uint32_t)));
}
BENCHMARK(Bundles<PhiloxBundles>)->Name("PhiloxBundles")->Arg(49);
BENCHMARK(Bundles<PlainPhiloxBundles>)->Name("PlainPhiloxBundles")->Arg(49);

}  // namespace
}  // namespace hpsearch::nn
