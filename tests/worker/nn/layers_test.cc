// Every layer against its formula: what a graph makes of a batch, and its gradients, against a double
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
#include "worker/nn/graph.h"
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
    auto graph = Graph::Create(NetworkOf(GetParam()), {.seed = 5});
    ASSERT_TRUE(graph.ok()) << graph.status();
    graph_ = *std::move(graph);
    std::mt19937 engine(1);
    std::normal_distribution<float> normal;
    // Biases, gammas and statistics that are not all alike.
    for (Parameter* parameter : graph_->parameters()) {
      if (parameter->inputs > 1) continue;
      for (float& value : parameter->value.span()) value += 0.3f * normal(engine);
    }
    for (Parameter* statistic : graph_->statistics()) {
      for (float& value : statistic->value.span()) value = std::abs(value + 0.3f * normal(engine));
    }
    src_.resize(static_cast<std::size_t>(GetParam().rows * model::Elements(GetParam().src)));
    for (float& value : src_) value = normal(engine);
    for (std::int64_t row = 0; row < GetParam().rows; ++row) labels_.push_back(static_cast<std::uint8_t>(row % 3));
  }

  NaiveNetwork Naive() const {
    NaiveNetwork naive = {.network = NetworkOf(GetParam())};
    for (const Parameter* parameter : graph_->parameters())
      naive.weights.push_back(Counted(*parameter, parameter->value));
    for (const Parameter* statistic : graph_->statistics())
      naive.statistics.push_back(Counted(*statistic, statistic->value));
    return naive;
  }
  Values Src() const { return {src_.begin(), src_.end()}; }
  Values Forward(Pass& pass) const {
    std::ranges::copy(src_, pass.src());
    EXPECT_TRUE(pass.Forward({.epoch = 1, .index = 3}).ok());
    return {pass.dst(), pass.dst() + GetParam().rows * 3};
  }

  std::unique_ptr<Graph> graph_;
  std::vector<float> src_;
  std::vector<std::uint8_t> labels_;
};

TEST_P(Layers, ForwardIsTheFormula) {
  const NaiveNetwork naive = Naive();
  auto inference = graph_->MakeInferencePass(GetParam().rows);
  ASSERT_TRUE(inference.ok()) << inference.status();
  ExpectClose(Forward(**inference), naive.Forward(Src(), GetParam().rows, false), 1e-5, "inference");
  auto training = graph_->MakeTrainingPass(GetParam().rows);
  ASSERT_TRUE(training.ok()) << training.status();
  ExpectClose(Forward(**training), naive.Forward(Src(), GetParam().rows, true), 1e-5, "training");
}

TEST_P(Layers, GradientsAreTheDifferencesOfTheLoss) {
  NaiveNetwork naive = Naive();
  auto pass = graph_->MakeTrainingPass(GetParam().rows);
  ASSERT_TRUE(pass.ok()) << pass.status();
  for (Parameter* parameter : graph_->parameters()) std::ranges::fill(parameter->gradient.span(), 7.0f);
  Forward(**pass);
  MakeSoftmaxCrossEntropy(3)->Evaluate((*pass)->dst(), {.labels = labels_.data()}, GetParam().rows,
                                       (*pass)->diff_dst());
  const absl::Status backward = (*pass)->Backward();
  ASSERT_TRUE(backward.ok()) << backward;
  for (std::size_t at = 0; at < naive.weights.size(); ++at) {
    Values& weights = naive.weights[at];
    const Parameter& parameter = *graph_->parameters()[at];
    const Values all = Counted(parameter, parameter.gradient);
    if (parameter.frozen()) {  // nothing is computed for its sake
      EXPECT_EQ(all, Values(all.size(), 7.0));
      continue;
    }
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
    auto pass = *graph_->MakeTrainingPass(GetParam().rows);
    Values bits = Forward(*pass);
    MakeSoftmaxCrossEntropy(3)->Evaluate(pass->dst(), {.labels = labels_.data()}, GetParam().rows,
                                         pass->diff_dst());
    EXPECT_TRUE(pass->Backward().ok());
    for (const Parameter* parameter : graph_->parameters()) {
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

// A layer with keys, `"name":...` and `"input":...` among them.
std::string Layer(const std::string& kind, const std::string& keys) { return "{\"" + kind + "\":{" + keys + "}}"; }
std::string Chain(std::initializer_list<std::string> layers) {
  std::string all;
  for (const std::string& layer : layers) all += (all.empty() ? "" : ",") + layer;
  return all;
}

// Graphs: what several layers read, and layers that read several, in the orders in which images can lie.
std::vector<Case> Graphs() {
  std::vector<Case> cases;
  const auto add = [&](const char* name, model::Shape src, std::initializer_list<std::string> layers,
                       std::int64_t rows = 3) {
    cases.push_back({name, std::move(src), Chain(layers), rows});
  };
  const auto dense = [](const std::string& name, const std::string& input, int units = 20,
                        const std::string& more = R"("activation":"tanh")") {
    return Layer("dense", R"("name":")" + name + R"(","input":")" + input + R"(","units":)" +
                              std::to_string(units) + "," + more);
  };
  const auto conv = [](const std::string& name, const std::string& input, int filters, int size = 3,
                       const std::string& more = R"("activation":"linear")") {
    return Layer("conv2d", R"("name":")" + name + R"(","input":")" + input + R"(","padding":"same","filters":)" +
                               std::to_string(filters) + R"(,"kernel_size":)" + std::to_string(size) + "," + more);
  };
  const auto join = [](const std::string& kind, const std::string& inputs) {
    return Layer(kind, R"("inputs":[)" + inputs + "]");
  };
  const std::string relu = R"({"activation":"relu"})", norm = R"("batch_normalization")";
  const model::Shape kFlat = {12}, kGray = {7, 8}, kColour = {3, 7, 8}, kDeep = {16, 4, 5};
  add("Add", kFlat, {dense("a", "input"), dense("b", "input"), join("add", R"("a","b")")});
  add("AddOfThree", kFlat,
      {dense("a", "input"), dense("b", "a"), dense("c", "a"), join("add", R"("c","a","b")"), relu});
  add("AddTwiceTheSame", kFlat, {dense("a", "input"), join("add", R"("a","a")")});
  add("AddThriceTheSame", kFlat, {dense("a", "input"), dense("b", "a"), join("add", R"("a","b","a","a")")});
  add("AddTheSample", {20}, {dense("a", "input"), join("add", R"("input","a")"), dense("b", "add_1")});
  add("AddImagesInBlocks", kGray,
      {conv("a", "input", 16), conv("b", "input", 16), join("add", R"("a","b")"), relu});
  add("AddImagesLast", kGray, {conv("a", "input", 5), conv("b", "input", 5), join("add", R"("a","b")"), relu});
  add("AddTheSampleToAnImage", kDeep,
      {conv("a", "input", 16), join("add", R"("input","a")"), conv("b", "add_1", 16)});
  add("AddTheSampleLast", {6, 4, 5},
      {conv("a", "input", 6), join("add", R"("a","input")"), conv("b", "add_1", 5)});
  add("AddOneChannel", kGray, {conv("a", "input", 1), join("add", R"("input","a")")});
  add("AddWhatIsFlattened", kDeep,
      {conv("a", "input", 16), R"("flatten")", dense("b", "input", 320), join("add", R"("flatten_1","b")")});
  add("ConcatenateFlat", kFlat,
      {dense("a", "input", 7), dense("b", "input", 20), join("concatenate", R"("a","b")")});
  add("ConcatenateInBlocks", kColour,
      {conv("a", "input", 16), conv("b", "input", 32, 1), join("concatenate", R"("b","a")"),
       conv("c", "concatenate_1", 16)});
  add("ConcatenateLast", kColour,
      {conv("a", "input", 5), conv("b", "input", 6, 1), join("concatenate", R"("a","b")"),
       conv("c", "concatenate_1", 7)});
  add("ConcatenateTheSample", kColour, {conv("a", "input", 16), join("concatenate", R"("input","a")")});
  add("ConcatenateTheSampleLast", kColour, {conv("a", "input", 4), join("concatenate", R"("a","input")")});
  add("ConcatenateWhatIsFlattened", kGray,
      {conv("a", "input", 16), R"("flatten")", dense("b", "input", 9), join("concatenate", R"("b","flatten_1")")});
  add("ConcatenateTwiceTheSame", kFlat,
      {dense("a", "input", 9), dense("b", "a", 9), join("concatenate", R"("a","a","b")")});
  add("ConcatenatePooled", kGray,
      {conv("a", "input", 16, 3, R"("activation":"relu")"), Layer("global_average_pooling2d", R"("input":"a")"),
       R"("flatten")", dense("b", "a", 11), join("concatenate", R"("flatten_1","b")")});
  for (const std::string kind : {"add", "concatenate"}) {
    add(kind == "add" ? "AddBeforeAnotherReader" : "ConcatenateBeforeAnotherReader", kFlat,
        {dense("a", "input"), dense("b", "a"), join(kind, R"("b","a")"), dense("c", kind + "_1"), dense("d", "a"),
         Layer("add", R"("name":"sum","inputs":["d","c"])")});
  }
  add("ThreeReaders", kFlat,
      {dense("a", "input"), Layer("activation", R"("name":"b","input":"a","activation":"sigmoid")"),
       Layer("batch_normalization", R"("name":"c","input":"a")"), dense("d", "a"), join("add", R"("b","c","d")")},
      9);
  add("ThreeReadersTheElementwiseOneLast", kFlat,
      {dense("a", "input"), dense("b", "a"), dense("c", "a"),
       Layer("activation", R"("name":"d","input":"a","activation":"gelu")"), join("add", R"("b","c","d")")});
  add("AnActivationBesideAnotherReader", kFlat,
      {dense("a", "input", 20, R"("activation":"linear")"),
       Layer("activation", R"("name":"b","input":"a","activation":"relu")"), dense("c", "a"),
       join("add", R"("b","c")")});
  add("AnActivationBehindAnEarlierDense", kFlat,
      {dense("a", "input", 20, R"("activation":"linear")"), dense("b", "input", 20, R"("activation":"linear")"),
       Layer("activation", R"("name":"c","input":"a","activation":"tanh")"), join("add", R"("b","c")")});
  add("MaxPoolingBesideAnotherReader", {8, 8},
      {conv("a", "input", 16, 3, R"("activation":"relu")"), Layer("max_pooling2d", R"("name":"b","input":"a")"),
       conv("c", "a", 16, 3, R"("strides":2)"), join("add", R"("b","c")")});
  add("TwoMaxPoolings", {8, 8},
      {conv("a", "input", 16, 3, R"("activation":"tanh")"), Layer("max_pooling2d", R"("name":"b","input":"a")"),
       Layer("max_pooling2d", R"("name":"c","input":"a","pool_size":3,"strides":2,"padding":"same")"),
       join("concatenate", R"("b","c")")});
  for (const int filters : {16, 6}) {
    add(filters == 16 ? "ResidualBlock" : "ResidualBlockLast", {8, 8},
        {conv("stem", "input", filters, 3, R"("activation":"relu")"),
         conv("a", "stem", 2 * filters, 3, R"("strides":2,"use_bias":false)"), norm, relu,
         conv("b", "activation_1", 2 * filters, 3, R"("use_bias":false)"),
         Layer("batch_normalization", R"("name":"branch")"),
         conv("shortcut", "stem", 2 * filters, 1, R"("strides":2,"use_bias":false)"),
         Layer("batch_normalization", R"("name":"projected")"), join("add", R"("branch","projected")"), relu,
         R"("global_average_pooling2d")"});
    add(filters == 16 ? "InceptionBlock" : "InceptionBlockLast", kColour,
        {conv("a", "input", filters, 1, R"("activation":"relu")"),
         conv("b1", "input", filters, 1, R"("activation":"relu")"),
         conv("b", "b1", 2 * filters, 3, R"("activation":"relu")"),
         conv("c1", "input", filters, 1, R"("activation":"relu")"),
         conv("c", "c1", filters, 5, R"("activation":"elu")"),
         Layer("max_pooling2d", R"("name":"d1","input":"input","pool_size":3,"strides":1,"padding":"same")"),
         conv("d", "d1", filters, 1, R"("activation":"relu")"), join("concatenate", R"("a","b","c","d")"),
         R"("max_pooling2d")"});
  }
  add("ADiamondWithAFrozenBranch", kFlat,
      {dense("a", "input"), dense("b", "a", 20, R"("trainable":false,"activation":"tanh")"), dense("c", "a"),
       join("add", R"("b","c")")});
  add("ABranchWithNothingToTrain", kFlat,
      {dense("a", "input", 20, R"("trainable":false,"activation":"tanh")"), dense("b", "input"),
       join("add", R"("a","b")"), dense("c", "add_1")});
  add("ConcatenateABranchWithNothingToTrain", kColour,
      {conv("a", "input", 16, 3, R"("trainable":false)"), conv("b", "input", 16),
       join("concatenate", R"("a","b")")});
  add("NothingToTrainBeforeTheFork", kFlat,
      {dense("a", "input", 20, R"("trainable":false)"), dense("b", "a"), dense("c", "a"),
       join("add", R"("b","c")")});
  add("ReshapeToAnImage", {32},
      {R"({"reshape":{"target_shape":[2,4,-1]}})", Conv(R"("filters":5,"kernel_size":3)")});
  add("ReshapeAnImageInBlocks", kGray,
      {conv("a", "input", 16), R"({"reshape":{"target_shape":[32,7,4]}})",
       Conv(R"("filters":16,"kernel_size":3)")});
  add("ReshapeAnImageLast", kGray,
      {conv("a", "input", 5), R"({"reshape":{"target_shape":[7,40]}})", Conv(R"("filters":6,"kernel_size":3)")});
  add("ReshapeToFlat", kGray,
      {conv("a", "input", 16), R"({"reshape":{"target_shape":[-1]}})", dense("b", "reshape_1")});
  return cases;
}

INSTANTIATE_TEST_SUITE_P(Graph, Layers, testing::ValuesIn(Graphs()),
                         [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(Each, Layers, testing::ValuesIn(Cases()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace hpsearch::nn
