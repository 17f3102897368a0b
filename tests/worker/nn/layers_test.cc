// Every layer against its formula: what a chain makes of a batch, and its gradients, against a double
// implementation and the differences of that one's loss. 1e-5 of each tensor's norm, as float32 allows.
#include <gtest/gtest.h>
#include <omp.h>

#include <algorithm>
#include <cmath>
#include <memory>
#include <ostream>
#include <random>
#include <string>
#include <vector>

#include "server/model/json.h"
#include "tests/worker/nn/naive_network.h"
#include "worker/nn/chain.h"
#include "worker/nn/loss.h"

namespace hpsearch::nn {
namespace {

struct Case {
  std::string name;
  model::Shape src;
  std::string layers;  // in front of a dense softmax of 3 units
  std::int64_t rows = 3;
};
void PrintTo(const Case& given, std::ostream* out) { *out << model::ToString(given.src) << ' ' << given.layers; }

model::Network NetworkOf(const Case& given) {
  const std::string json =
      "[" + given.layers + (given.layers.empty() ? "" : ",") + R"({"dense":{"units":3,"activation":"softmax"}}])";
  model::Faults faults;
  model::Network network = model::ReadNetwork(*model::FromJson(json), given.src, faults);
  for (const model::Fault& fault : faults) ADD_FAILURE() << fault.path << ": " << fault.message;
  return network;
}

// The parameter's values in the order in which they are counted.
Values Counted(const Parameter& parameter, const Floats& floats) {
  Values values;
  for (std::int64_t input = 0; input < parameter.inputs; ++input) {
    for (std::int64_t unit = 0; unit < parameter.units; ++unit)
      values.push_back(floats.data()[parameter.At(input, unit)]);
  }
  return values;
}

double Norm(const Values& values) {
  double sum = 0;
  for (const double value : values) sum += value * value;
  return std::sqrt(sum);
}

void ExpectClose(const Values& left, const Values& right, double tolerance, const std::string& what) {
  ASSERT_EQ(left.size(), right.size()) << what;
  Values difference(left.size());
  for (std::size_t i = 0; i < left.size(); ++i) difference[i] = left[i] - right[i];
  EXPECT_LE(Norm(difference), tolerance * std::max(Norm(right), 0.1)) << what << ", of norm " << Norm(right);
}

class Layers : public testing::TestWithParam<Case> {
 protected:
  void SetUp() override {
    omp_set_num_threads(1);
    auto chain = Chain::Create(NetworkOf(GetParam()), {.seed = 5});
    ASSERT_TRUE(chain.ok()) << chain.status();
    chain_ = *std::move(chain);
    std::mt19937 engine(1);
    std::normal_distribution<float> normal;
    // Biases, gammas and statistics that are not all alike.
    for (Parameter* parameter : chain_->parameters()) {
      if (parameter->inputs > 1) continue;
      for (float& value : parameter->value.span()) value += 0.3f * normal(engine);
    }
    for (Parameter* statistic : chain_->statistics()) {
      for (float& value : statistic->value.span()) value = std::abs(value + 0.3f * normal(engine));
    }
    src_.resize(static_cast<std::size_t>(GetParam().rows * model::Elements(GetParam().src)));
    for (float& value : src_) value = normal(engine);
    for (std::int64_t row = 0; row < GetParam().rows; ++row) labels_.push_back(static_cast<std::uint8_t>(row % 3));
  }

  NaiveNetwork Naive() const {
    NaiveNetwork naive = {.network = NetworkOf(GetParam())};
    for (const Parameter* parameter : chain_->parameters())
      naive.weights.push_back(Counted(*parameter, parameter->value));
    for (const Parameter* statistic : chain_->statistics())
      naive.statistics.push_back(Counted(*statistic, statistic->value));
    return naive;
  }
  Values Src() const { return {src_.begin(), src_.end()}; }
  Values Forward(Pass& pass) const {
    std::ranges::copy(src_, pass.src());
    EXPECT_TRUE(pass.Forward({.epoch = 1, .index = 3}).ok());
    return {pass.dst(), pass.dst() + GetParam().rows * 3};
  }

  std::unique_ptr<Chain> chain_;
  std::vector<float> src_;
  std::vector<std::uint8_t> labels_;
};

TEST_P(Layers, ForwardIsTheFormula) {
  const NaiveNetwork naive = Naive();
  auto inference = chain_->MakeInferencePass(GetParam().rows);
  ASSERT_TRUE(inference.ok()) << inference.status();
  ExpectClose(Forward(**inference), naive.Forward(Src(), GetParam().rows, false), 1e-5, "inference");
  auto training = chain_->MakeTrainingPass(GetParam().rows);
  ASSERT_TRUE(training.ok()) << training.status();
  ExpectClose(Forward(**training), naive.Forward(Src(), GetParam().rows, true), 1e-5, "training");
}

TEST_P(Layers, GradientsAreTheDifferencesOfTheLoss) {
  NaiveNetwork naive = Naive();
  auto pass = chain_->MakeTrainingPass(GetParam().rows);
  ASSERT_TRUE(pass.ok()) << pass.status();
  for (Parameter* parameter : chain_->parameters()) std::ranges::fill(parameter->gradient.span(), 7.0f);
  Forward(**pass);
  MakeSoftmaxCrossEntropy(3)->Evaluate((*pass)->dst(), {.labels = labels_.data()}, GetParam().rows,
                                       (*pass)->diff_dst());
  const absl::Status backward = (*pass)->Backward();
  ASSERT_TRUE(backward.ok()) << backward;
  for (std::size_t at = 0; at < naive.weights.size(); ++at) {
    Values& weights = naive.weights[at];
    const Parameter& parameter = *chain_->parameters()[at];
    const Values all = Counted(parameter, parameter.gradient);
    // Of many weights some, every so many.
    const std::size_t stride = weights.size() / 40 + 1;
    Values gradients, differences;
    for (std::size_t i = 0; i < weights.size(); i += stride) {
      constexpr double kStep = 1e-5;
      const double before = weights[i];
      weights[i] = before + kStep;
      const double above = naive.Loss(Src(), labels_);
      weights[i] = before - kStep;
      const double below = naive.Loss(Src(), labels_);
      weights[i] = before;
      gradients.push_back(all[i]);
      differences.push_back((above - below) / (2 * kStep));
    }
    ExpectClose(gradients, differences, 1e-5, "parameter " + std::to_string(at));
  }
}

TEST_P(Layers, TheSameBatchHasTheSameBits) {
  const auto run = [&] {
    auto pass = *chain_->MakeTrainingPass(GetParam().rows);
    Values bits = Forward(*pass);
    MakeSoftmaxCrossEntropy(3)->Evaluate(pass->dst(), {.labels = labels_.data()}, GetParam().rows,
                                         pass->diff_dst());
    EXPECT_TRUE(pass->Backward().ok());
    for (const Parameter* parameter : chain_->parameters()) {
      for (const float value : parameter->gradient.span()) bits.push_back(value);
    }
    return bits;
  };
  EXPECT_EQ(run(), run());
}

std::string Conv(const std::string& keys) { return R"({"conv2d":{)" + keys + "}}"; }

std::vector<Case> Cases() {
  std::vector<Case> cases;
  const auto add = [&](const char* name, model::Shape src, std::string layers, std::int64_t rows = 3) {
    cases.push_back({name, std::move(src), std::move(layers), rows});
  };
  const model::Shape kGray = {7, 8}, kColour = {3, 7, 8};
  // Convolutions: in blocks of channels and channels last; both as the first layer and behind another.
  add("ConvBlocks", kGray, Conv(R"("filters":16,"kernel_size":3)"));
  add("ConvBlocksTwice", kColour,
      Conv(R"("filters":16,"kernel_size":3,"activation":"relu")") + "," +
          Conv(R"("filters":16,"kernel_size":2,"activation":"tanh")"));
  add("ConvLast", kGray, Conv(R"("filters":5,"kernel_size":[2,3])"));
  add("ConvLastTwice", kColour,
      Conv(R"("filters":6,"kernel_size":3,"activation":"relu")") + "," +
          Conv(R"("filters":10,"kernel_size":2,"activation":"sigmoid")"));
  add("ConvManyChannelsIn", {16, 4, 5}, Conv(R"("filters":16,"kernel_size":2)"));
  add("ConvWithoutBias", kGray, Conv(R"("filters":16,"kernel_size":3,"use_bias":false,"activation":"relu")"));
  add("ConvStrides", {9, 10}, Conv(R"("filters":4,"kernel_size":3,"strides":[2,3])"));
  add("ConvDilation", {9, 10}, Conv(R"("filters":4,"kernel_size":[3,2],"dilation_rate":[2,3])"));
  add("ConvSame", kColour, Conv(R"("filters":16,"kernel_size":3,"padding":"same")"));
  add("ConvSameAsymmetric", {8, 7}, Conv(R"("filters":4,"kernel_size":[2,4],"padding":"same","strides":2)"));
  add("ConvSameDilation", kGray, Conv(R"("filters":4,"kernel_size":3,"padding":"same","dilation_rate":2)"));
  add("ConvOneByOne", kColour,
      Conv(R"("filters":16,"kernel_size":1)") + "," + Conv(R"("filters":16,"kernel_size":1,"strides":2)"));
  add("ConvGroups", {4, 5, 5}, Conv(R"("filters":6,"kernel_size":3,"groups":2)"));
  add("ConvGroupsBehind", kGray,
      Conv(R"("filters":8,"kernel_size":3)") + "," + Conv(R"("filters":12,"kernel_size":2,"groups":4)"));
  add("ConvDepthwise", kGray,
      Conv(R"("filters":16,"kernel_size":3)") + "," +
          Conv(R"("filters":16,"kernel_size":3,"padding":"same","groups":16,"activation":"relu")"));
  add("ConvDepthwiseMultiplied", kColour, Conv(R"("filters":6,"kernel_size":3,"groups":3)"));
  // Poolings, behind a convolution that leaves its activation to them, and on what comes as it is.
  for (const char* activation : {"linear", "relu", "leaky_relu", "elu", "gelu", "tanh"}) {
    add((std::string("MaxPooling_") + activation).c_str(), {9, 9},
        Conv(std::string(R"("filters":16,"kernel_size":2,"activation":")") + activation + "\"") +
            R"(,"max_pooling2d")");
  }
  add("MaxPoolingOverlapping", {9, 9},
      Conv(R"("filters":5,"kernel_size":2,"activation":"relu")") +
          R"(,{"max_pooling2d":{"pool_size":3,"strides":2,"padding":"same"}})");
  add("MaxPoolingFirst", kColour, R"("max_pooling2d",)" + Conv(R"("filters":4,"kernel_size":2)"));
  add("AveragePooling", {9, 9},
      Conv(R"("filters":16,"kernel_size":2,"activation":"relu")") + R"(,"average_pooling2d")");
  add("AveragePoolingSame", {9, 8},
      Conv(R"("filters":5,"kernel_size":2)") +
          R"(,{"average_pooling2d":{"pool_size":[3,2],"strides":2,"padding":"same"}})");
  add("GlobalAveragePooling", kGray,
      Conv(R"("filters":16,"kernel_size":3,"activation":"relu")") + R"(,"global_average_pooling2d")");
  add("GlobalAveragePoolingLast", kGray,
      Conv(R"("filters":5,"kernel_size":3)") + R"(,"global_average_pooling2d")");
  add("FlattenThenDense", {9, 9},
      Conv(R"("filters":16,"kernel_size":3,"activation":"relu")") +
          R"(,"max_pooling2d","flatten",{"dense":{"units":20,"activation":"relu"}})");
  // Activations, as argument and as layer.
  for (const char* activation :
       {"linear", "relu", "leaky_relu", "elu", "gelu", "swish", "tanh", "sigmoid", "softplus"}) {
    const std::string quoted = std::string("\"") + activation + "\"";
    add((std::string("Dense_") + activation).c_str(), {12},
        R"({"dense":{"units":20,"activation":)" + quoted + "}}");
    add((std::string("Conv_") + activation).c_str(), kGray,
        Conv(R"("filters":16,"kernel_size":3,"activation":)" + quoted));
    add((std::string("Activation_") + activation).c_str(), {12},
        R"({"dense":{"units":20,"activation":"tanh"}},{"activation":)" + quoted + "}");
  }
  add("LeakyReluWithAlpha", {12}, R"({"dense":{"units":20}},{"leaky_relu":0.05})");
  add("LeakyReluOfZero", {12}, R"({"dense":{"units":20}},{"leaky_relu":0})");
  add("EluWithAlpha", kGray, Conv(R"("filters":16,"kernel_size":3)") + R"(,{"elu":0.5})");
  // Batch normalization.
  add("BatchNormalization", kGray,
      Conv(R"("filters":16,"kernel_size":3)") + R"(,"batch_normalization",)" + R"({"activation":"relu"})");
  add("BatchNormalizationLast", kGray, Conv(R"("filters":5,"kernel_size":3)") + R"(,"batch_normalization")");
  add("BatchNormalizationFlat", {12}, R"({"dense":{"units":20}},"batch_normalization",{"activation":"tanh"})", 9);
  add("BatchNormalizationFirst", kColour, R"("batch_normalization",)" + Conv(R"("filters":4,"kernel_size":3)"));
  add("BatchNormalizationOfInputs", {12}, R"("batch_normalization",{"dense":{"units":17}})", 9);
  add("BatchNormalizationBehindFlatten", kGray,
      Conv(R"("filters":16,"kernel_size":3)") + R"(,"flatten","batch_normalization")", 9);
  add("BatchNormalizationWithoutScale", kGray,
      Conv(R"("filters":16,"kernel_size":3)") + R"(,{"batch_normalization":{"scale":false}})");
  add("BatchNormalizationWithoutCenter", kGray,
      Conv(R"("filters":16,"kernel_size":3)") + R"(,{"batch_normalization":{"center":false,"epsilon":0.1}})");
  add("BatchNormalizationFrozen", kGray,
      Conv(R"("filters":16,"kernel_size":3)") + R"(,{"batch_normalization":{"trainable":false}})");
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Each, Layers, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace hpsearch::nn
