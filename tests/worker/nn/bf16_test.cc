// Rounding to bf16, and networks that multiply it.
#include "worker/nn/bf16.h"

#include <gtest/gtest.h>
#include <omp.h>

#include <bit>
#include <cmath>
#include <cstdint>
#include <memory>
#include <vector>

#include "server/model/json.h"
#include "worker/nn/graph.h"
#include "worker/nn/layout.h"

namespace hpsearch::nn {
namespace {

float FloatOf(Bf16 value) { return std::bit_cast<float>(static_cast<std::uint32_t>(value) << 16); }

// The nearer one of the two neighbours, by double; of two that are as near the one whose last bit is 0.
Bf16 Nearest(float value) {
  const auto below = static_cast<Bf16>(std::bit_cast<std::uint32_t>(value) >> 16);
  const auto above = static_cast<Bf16>(below + 1);
  if (FloatOf(below) == value) return below;
  // Above the largest one stands what the next power of two would be.
  const double far = std::isinf(FloatOf(above)) ? std::copysign(0x1p128, value) : FloatOf(above);
  const double to_below = std::abs(static_cast<double>(value) - FloatOf(below));
  const double to_above = std::abs(far - static_cast<double>(value));
  if (to_below != to_above) return to_below < to_above ? below : above;
  return below % 2 == 0 ? below : above;
}

TEST(Bf16, RoundsToTheNearestAndOfTwoToTheEvenOne) {
  std::vector<float> values;
  for (std::uint32_t upper = 0; upper < 0x10000; ++upper) {
    for (const std::uint32_t lower : {0u, 1u, 0x7FFFu, 0x8000u, 0x8001u, 0xFFFFu}) {
      values.push_back(std::bit_cast<float>(upper << 16 | lower));
    }
  }
  std::vector<Bf16> rounded(values.size());
  ToBf16(values.data(), rounded.data(), std::ssize(values));
  for (std::size_t i = 0; i < values.size(); ++i) {
    if (std::isnan(values[i])) {
      ASSERT_TRUE(std::isnan(FloatOf(rounded[i]))) << std::hex << std::bit_cast<std::uint32_t>(values[i]);
    } else {
      ASSERT_EQ(rounded[i], Nearest(values[i])) << std::hex << std::bit_cast<std::uint32_t>(values[i]);
    }
  }
}

// Everything that is multiplied is a small multiple of a quarter, and no activation stands between: both
// precisions come to the same, exactly.
class Bf16Graph : public ::testing::TestWithParam<const char*> {
 protected:
  static constexpr std::int64_t kRows = 5;

  static std::vector<std::vector<float>> Results(model::Precision precision) {
    model::Faults faults;
    const model::Network network = model::ReadNetwork(*model::FromJson(GetParam()), {3, 6, 6}, faults);
    EXPECT_TRUE(faults.empty()) << faults.front().message;
    auto graph = Graph::Create(network, {}, precision);
    EXPECT_TRUE(graph.ok()) << graph.status();
    int next = 0;
    const auto quarter = [&next] { return static_cast<float>(next++ % 7 - 3) / 4; };
    for (Parameter* parameter : (*graph)->parameters()) {
      for (std::int64_t input = 0; input < parameter->inputs; ++input) {
        for (std::int64_t unit = 0; unit < parameter->units; ++unit) {
          parameter->value.data()[parameter->At(input, unit)] = quarter();
        }
      }
    }
    auto pass = (*graph)->MakeTrainingPass(kRows);
    EXPECT_TRUE(pass.ok()) << pass.status();
    for (std::int64_t i = 0; i < kRows * 3 * 6 * 6; ++i) (*pass)->src()[i] = quarter();
    EXPECT_TRUE((*pass)->Forward().ok());
    const std::int64_t outputs = kRows * (*graph)->dst_width();
    std::vector<std::vector<float>> results = {{(*pass)->dst(), (*pass)->dst() + outputs}};
    for (std::int64_t i = 0; i < outputs; ++i) (*pass)->diff_dst()[i] = quarter();
    EXPECT_TRUE((*pass)->Backward().ok());
    for (Parameter* parameter : (*graph)->parameters()) {
      const std::span<const float> gradient = std::as_const(parameter->gradient).span();
      results.emplace_back(gradient.begin(), gradient.end());
    }
    return results;
  }
};

TEST_P(Bf16Graph, MultipliesExactlyWhatIsExact) {
  omp_set_num_threads(1);
  // oneDNN does it by other instructions where AVX-512 has none for it, and not at all on AVX2.
  if (ChannelBlock() == 0) {
    EXPECT_FALSE(HasBf16());
    return;
  }
  EXPECT_EQ(Results(model::Precision::kBf16), Results(model::Precision::kF32));
}

INSTANTIATE_TEST_SUITE_P(
    Each, Bf16Graph,
    ::testing::Values(R"([{"dense":{"units":20}}])", R"([{"dense":{"units":3,"use_bias":false}}])",
                      R"([{"dense":{"units":16}},{"dense":{"units":7}}])",
                      R"([{"conv2d":{"filters":16,"kernel_size":3}}])",
                      R"([{"conv2d":{"filters":5,"kernel_size":[2,3],"padding":"same","strides":2}}])",
                      R"([{"conv2d":{"filters":6,"kernel_size":3,"groups":3,"use_bias":false}}])",
                      R"([{"conv2d":{"filters":16,"kernel_size":1}},{"conv2d":{"filters":32,"kernel_size":3}}])"));

}  // namespace
}  // namespace hpsearch::nn
