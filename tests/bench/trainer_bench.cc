// How many samples a second one core trains: the article's network on random bytes in Fashion-MNIST's shape.
// Not a test: run by hand, on a quiet machine.
//
//   trainer_bench [BATCH] [EPOCHS]
#include <fmt/core.h>

#include <algorithm>
#include <atomic>
#include <charconv>
#include <ctime>
#include <memory>
#include <string_view>
#include <system_error>
#include <vector>

#include "tests/worker/train/synthetic.h"
#include "worker/nn/philox.h"
#include "worker/train/trainer.h"

namespace hpsearch::train {
namespace {

constexpr std::int64_t kPixels = 784;

// Of this thread alone, so that a busy neighbour costs less.
double CpuSeconds() {
  timespec time;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + 1e-9 * static_cast<double>(time.tv_nsec);
}

data::Split RandomSplit(std::int64_t training, std::int64_t validation) {
  auto dataset = std::make_shared<data::Dataset>();
  const std::int64_t rows = training + validation;
  std::vector<std::uint32_t> words(static_cast<std::size_t>(rows * kPixels / 4 + nn::kBundleWords));
  nn::PhiloxBundles({1, 2}, {0, 0, 0}, 0, static_cast<std::int64_t>(words.size()) / nn::kBundleWords,
                    words.data());
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(words.data());
  dataset->train.features.assign(bytes, bytes + rows * kPixels);
  data::Split split = {.classes = 10};
  for (std::int64_t row = 0; row < rows; ++row) {
    dataset->train.labels.push_back(static_cast<std::uint8_t>(bytes[row * kPixels] % 10));
    (row < training ? split.training : split.validation).push_back(static_cast<std::uint32_t>(row));
  }
  for (int label = 0; label < 256; ++label) split.label_map.push_back(static_cast<std::uint8_t>(label));
  split.dataset = std::move(dataset);
  return split;
}

TrialSetup ArticleSetup(std::int64_t batch) {
  using model::ActivationKind;
  using model::InitializerKind;
  const auto dense = [](std::int64_t units, ActivationKind activation) {
    return model::DenseLayer{
        .units = units, .activation = activation, .kernel_initializer = InitializerKind::kNormal, .max_norm = 5.0};
  };
  TrialSetup setup = {.split = RandomSplit(50000, 512), .seed = 7};
  setup.network = NetworkBuilder({kPixels})
                      .Dropout(0.2)
                      .Dense(dense(128, ActivationKind::kRelu))
                      .Dropout(0.5)
                      .Dense(dense(128, ActivationKind::kTanh))
                      .Dropout(0.5)
                      .Dense({.units = 10, .activation = ActivationKind::kSoftmax})
                      .Build();
  setup.training = {.epochs = 1,
                    .batch_size = batch,
                    .optimizer = {.learning_rate = 0.01, .rule = model::Sgd{.momentum = 0.9}},
                    .schedule = model::TimeDecay{1e-4}};
  return setup;
}

int Run(std::int64_t batch, std::int64_t epochs) {
  UseOneThread();
  TrialSetup setup = ArticleSetup(batch);
  const auto rows = static_cast<double>(setup.split.training.size());
  auto trainer = Trainer::Create(std::move(setup));
  if (!trainer.ok()) {
    fmt::print(stderr, "{}\n", trainer.status().ToString());
    return 1;
  }
  const std::atomic<bool> cancelled = false;
  std::vector<double> rates;
  for (std::int64_t epoch = 0; epoch < epochs; ++epoch) {
    const double begin = CpuSeconds();
    const auto result = (*trainer)->NextEpoch(cancelled);
    const double seconds = CpuSeconds() - begin;
    if (!result.ok()) return 1;
    rates.push_back(rows / seconds);
    fmt::print("epoch {}: loss {:.4f}, {:.0f} samples/s\n", result->epoch, result->train_loss, rates.back());
  }
  std::ranges::sort(rates);
  fmt::print("batch {}: median {:.0f}, best {:.0f} samples/s of CPU time\n", batch, rates[rates.size() / 2],
             rates.back());
  return 0;
}

}  // namespace
}  // namespace hpsearch::train

int main(int argc, char** argv) {
  std::int64_t batch = 128, epochs = 5;
  const auto reads = [&](int at, std::int64_t& number) {
    if (argc <= at) return true;
    const std::string_view text = argv[at];
    const auto [end, error] = std::from_chars(text.begin(), text.end(), number);
    return error == std::errc() && end == text.end() && number >= 1;
  };
  if (argc > 3 || !reads(1, batch) || !reads(2, epochs)) {
    fmt::print(stderr, "trainer_bench [BATCH] [EPOCHS]: each an integer from 1\n");
    return 2;
  }
  return hpsearch::train::Run(batch, epochs);
}
