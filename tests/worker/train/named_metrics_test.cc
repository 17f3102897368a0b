// Against numbers of numpy and PyTorch (tests/oracle/make_metrics.py), and at the edges of the definitions.
#include "worker/train/named_metrics.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <limits>
#include <vector>

namespace hpsearch::train {
namespace {

using model::Metric;

const std::vector<float> kTargets = {20.0061512F, 21.4937286F, 18.6293106F, 15.5470409F, 17.7266464F,
                                     15.0417671F, 20.3007183F, 26.7010765F, 17.5389671F};
const std::vector<float> kOutputs = {18.7652016F, 22.4734135F, 19.3430843F, 15.7578697F, 15.8657103F,
                                     14.983263F,  21.6913242F, 24.0126476F, 16.6237354F};
const std::vector<std::uint32_t> kRows = {0, 1, 2, 3, 4, 5, 6, 7, 8};

TEST(NamedMetrics, OfNumbersAreNumpys) {
  const std::array wanted = {Metric::kMae, Metric::kR2, Metric::kRmse};
  NamedMetrics metrics(wanted, 1, SpreadOf(kTargets, kRows));
  // In batches of several sizes, as an epoch has them.
  for (const auto& [begin, rows] : {std::pair(0, 4), std::pair(4, 4), std::pair(8, 1)}) {
    metrics.Add(kOutputs.data() + begin, {.values = kTargets.data() + begin}, {}, rows);
  }
  const std::vector<double> values = metrics.Values();
  ASSERT_EQ(values.size(), 3U);
  EXPECT_NEAR(values[0], 1.1176604164971247, 1e-15);
  EXPECT_NEAR(values[1], 0.8336019109937644, 1e-15);
  EXPECT_NEAR(values[2], 1.354796005672213, 1e-15);
}

TEST(NamedMetrics, SpreadIsOfTheRowsThatAreNamed) {
  const std::vector<float> targets = {1, 100, 3, 5};
  EXPECT_EQ(SpreadOf(targets, std::vector<std::uint32_t>{0, 2, 3}), 8);
  EXPECT_EQ(SpreadOf(targets, std::vector<std::uint32_t>{1}), 0);
}

// sklearn's r2_score of a constant: 1 where all is right, else 0.
TEST(NamedMetrics, R2OfConstantTargets) {
  const std::array wanted = {Metric::kR2};
  const std::array<float, 2> targets = {3, 3}, off = {3, 4};
  NamedMetrics right(wanted, 1, 0), wrong(wanted, 1, 0);
  right.Add(targets.data(), {.values = targets.data()}, {}, 2);
  wrong.Add(off.data(), {.values = targets.data()}, {}, 2);
  EXPECT_EQ(right.Values().front(), 1);
  EXPECT_EQ(wrong.Values().front(), 0);
}

TEST(NamedMetrics, Top5IsTorchs) {
  const std::vector<float> logits = {
      -1.90122271F,   -1.28953779F,   -1.84173501F,   -0.235091135F, -1.26744652F,    0.271264344F,
      0.156751081F,   -0.18693094F,   -2.51675963F,   -0.538692892F, -0.0485009439F,  0.113308989F,
      -1.53013575F,   -0.477753282F,  -0.978519082F,  -0.808837235F, 1.06089866F,     -0.807534695F,
      -0.0325217061F, 0.884389877F,   -0.583600461F,  -0.11170195F,  0.110464141F,    0.0637817755F,
      -1.22505581F,   0.0761402324F,  1.35882342F,    -1.54714465F,  0.859382689F,    0.119354025F,
      -0.641470373F,  2.00041652F,    0.762259722F,   -1.19928885F,  0.0745162293F,   0.576689601F,
      -0.188782126F,  0.682910264F,   -0.0665173233F, 0.667247534F,  1.43852258F,     -0.675662279F,
      0.203138605F,   -0.463307589F,  0.127268419F,   -1.18719459F,  -0.579301596F,   -0.196195975F,
      0.898763895F,   1.14522195F,    -1.32352781F,   -0.794642389F, 0.646903396F,    -1.99241984F,
      -0.463169873F,  -0.0972869247F, 1.25701499F,    0.689403892F,  -0.327213407F,   -0.368575901F,
      -0.250195414F,  1.52352941F,    -0.428024948F,  -0.30368039F,  0.352589071F,    -0.120770447F,
      -0.197284222F,  -1.1140672F,    -0.0115214679F, -0.443581223F, 1.1661278F,      0.65308851F,
      -0.0241436139F, 0.668381035F,   -0.339869559F,  1.05212641F,   -0.00539956056F, 0.583382368F,
      -1.2908932F,    0.346680045F,   -1.68820417F,   -2.03532887F,  -0.304476887F,   -0.899927616F,
      0.164052799F,   2.2447567F,     -0.831723154F,  -0.623943567F, 0.205403939F,    0.493013293F,
      -0.176406071F,  -0.205930337F,  0.702462971F,   0.519907653F,  -1.03367579F,    -0.079181321F};
  const std::vector<std::uint8_t> labels = {4, 6, 5, 6, 5, 1, 6, 3, 6, 6, 7, 0};
  const std::array wanted = {Metric::kAccuracy, Metric::kTop5Error};
  NamedMetrics metrics(wanted, 8, 0);
  metrics.Add(logits.data(), {.labels = labels.data()}, {.mistakes = 7}, 5);
  metrics.Add(logits.data() + 5 * 8, {.labels = labels.data() + 5}, {.mistakes = 2}, 7);
  EXPECT_EQ(metrics.Values(), (std::vector<double>{3.0 / 12, 0.5}));
}

// As Keras's in_top_k: of equal logits the label's is the first, and one that is not finite is none.
TEST(NamedMetrics, Top5OfEqualAndOfNoLogits) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const std::vector<float> logits = {1, 1, 1, 1, 1, 1,  //
                                     2, 2, 2, 2, 2, 1,  //
                                     0, 0, 0, 0, 0, nan};
  const std::vector<std::uint8_t> labels = {5, 5, 5};
  const std::array wanted = {Metric::kTop5Error};
  for (const auto& [row, error] : {std::pair(0, 0.0), std::pair(1, 1.0), std::pair(2, 1.0)}) {
    NamedMetrics metrics(wanted, 6, 0);
    metrics.Add(logits.data() + 6 * row, {.labels = labels.data()}, {}, 1);
    EXPECT_EQ(metrics.Values().front(), error) << row;
  }
}

}  // namespace
}  // namespace hpsearch::train
