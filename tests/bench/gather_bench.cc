// A batch of Fashion-MNIST's shape: rows from all over 47 MB, bytes to floats, with and without the dropout of the
// first layer. Items are values.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <span>
#include <vector>

#include "worker/bench/synthetic_set.h"
#include "worker/data/split.h"
#include "worker/nn/floats.h"
#include "worker/train/batch_reader.h"
#include "worker/train/shuffle.h"

namespace hpsearch::train {
namespace {

constexpr std::int64_t kPixels = 784;

// Batches of an epoch, one after the other.
class Epoch {
 public:
  explicit Epoch(std::size_t batch)
      : batch_(batch), split_(*data::MakeSplit(bench::MakeSyntheticSet(), {.validation_fraction = 0.1})) {
    ShuffleRows(split_.training, {}, 1, order_);
  }
  const data::Split& split() const { return split_; }
  BatchRows Next() {
    if (next_ + batch_ > order_.size()) next_ = 0;
    next_ += batch_;
    const std::span<const std::uint32_t> order = order_;
    return {order.subspan(next_ - batch_, batch_), order.subspan(next_)};
  }

 private:
  const std::size_t batch_;
  const data::Split split_;
  std::vector<std::uint32_t> order_;
  std::size_t next_ = 0;
};

void Gather(benchmark::State& state) {
  Epoch epoch(static_cast<std::size_t>(state.range(0)));
  const BatchReader reader(epoch.split(), kPixels);
  nn::Floats src(state.range(0) * kPixels);
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(state.range(0)));
  for (auto _ : state) reader.Read(epoch.Next(), src.data(), labels.data());
  state.SetItemsProcessed(state.iterations() * state.range(0) * kPixels);
}
BENCHMARK(Gather)->Arg(32)->Arg(128);

void GatherWithDropout(benchmark::State& state) {
  Epoch epoch(static_cast<std::size_t>(state.range(0)));
  const BatchReader reader(epoch.split(), kPixels);
  const nn::DropoutRule dropout(nn::RandomStream({}, nn::Purpose::kDropout, 0), 0.2);
  nn::Floats src(state.range(0) * kPixels);
  std::vector<std::uint8_t> labels(static_cast<std::size_t>(state.range(0)));
  nn::Step step;
  for (auto _ : state) {
    ++step.index;
    reader.ReadWithDropout(epoch.Next(), dropout, step, src.data(), labels.data());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * kPixels);
}
BENCHMARK(GatherWithDropout)->Arg(32)->Arg(128);

}  // namespace
}  // namespace hpsearch::train
