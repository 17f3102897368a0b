#include "server/model/network.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "server/model/dataset.h"
#include "server/model/json.h"
#include "server/model/shapes.h"
#include "server/model/training.h"

namespace hpsearch::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

Network Read(const char* json, const Shape& src, Faults& faults) {
  return ReadNetwork(*FromJson(json), src, faults);
}

std::vector<std::string> FaultsOf(const char* json, const Shape& src) {
  Faults faults;
  Read(json, src, faults);
  std::vector<std::string> lines;
  for (const Fault& fault : faults) lines.push_back(fault.path + ": " + fault.message);
  return lines;
}

TEST(NetworkTest, ReadsTheArticlesNetwork) {
  Faults faults;
  const Network network = Read(R"([{"dropout":0.2},
      {"dense":{"units":128,"activation":"relu","kernel_initializer":"normal","max_norm":5}},
      {"dropout":{"rate":0.5,"name":"middle"}},
      {"dense":{"units":10,"activation":"softmax","use_bias":false}}])",
                               {28, 28}, faults);
  ASSERT_THAT(faults, IsEmpty());
  ASSERT_EQ(network.layers.size(), 4U);
  EXPECT_EQ(network.layers[0].kind, decltype(Layer::kind)(DropoutLayer{0.2}));
  EXPECT_EQ(network.layers[0].dst, (Shape{28, 28}));
  EXPECT_EQ(network.layers[1].kind,
            decltype(Layer::kind)(DenseLayer{.units = 128,
                                             .activation = ActivationKind::kRelu,
                                             .kernel_initializer = InitializerKind::kNormal,
                                             .max_norm = 5.0}));
  EXPECT_EQ(network.layers[1].src, (Shape{28, 28}));
  EXPECT_EQ(network.layers[1].dst, (Shape{128}));
  EXPECT_EQ(network.layers[2].name, "middle");
  EXPECT_EQ(network.layers[3].name, "dense_2");
  EXPECT_EQ(network.OutputActivation(), ActivationKind::kSoftmax);
  EXPECT_EQ(network.OutputUnits(), 10);
}

TEST(NetworkTest, ReadsPenaltiesAndWhatIsFrozen) {
  Faults faults;
  const Network network = Read(R"([{"dense":{"units":3,"kernel_regularizer":{"l2":0.5}}},
      {"dense":{"units":3,"kernel_regularizer":{"l1":0.25},"learning_rate_factor":0.5}},
      {"dense":{"units":3,"trainable":false,"learning_rate_factor":2}}])",
                               {4}, faults);
  ASSERT_THAT(faults, IsEmpty());
  EXPECT_EQ(network.layers[0].kind, decltype(Layer::kind)(DenseLayer{.units = 3, .l2 = 0.5}));
  EXPECT_EQ(network.layers[1].kind,
            decltype(Layer::kind)(DenseLayer{.units = 3, .l1 = 0.25, .learning_rate_factor = 0.5}));
  EXPECT_EQ(network.layers[2].kind, decltype(Layer::kind)(DenseLayer{.units = 3, .learning_rate_factor = 0}));

  const Network images = Read(R"([{"conv2d":{"filters":2,"kernel_size":3,"kernel_regularizer":{"l1":0.5,"l2":2}}},
      {"conv2d":{"filters":2,"kernel_size":3,"trainable":false}}])",
                              {8, 8}, faults);
  ASSERT_THAT(faults, IsEmpty());
  const auto& penalized = std::get<Conv2dLayer>(images.layers[0].kind);
  EXPECT_EQ(penalized.l1, 0.5);
  EXPECT_EQ(penalized.l2, 2);
  EXPECT_EQ(penalized.learning_rate_factor, 1);
  EXPECT_EQ(std::get<Conv2dLayer>(images.layers[1].kind).learning_rate_factor, 0);
}

TEST(NetworkTest, FlattenAndActivationKeepTheElements) {
  Faults faults;
  const Network network = Read(R"(["flatten",{"activation":"tanh"}])", {2, 3, 4}, faults);
  ASSERT_THAT(faults, IsEmpty());
  EXPECT_EQ(network.layers[0].dst, (Shape{24}));
  EXPECT_EQ(network.OutputActivation(), ActivationKind::kTanh);
  EXPECT_EQ(network.OutputUnits(), 24);
}

TEST(NetworkTest, EachLayerTakesWhatTheOneBeforeItGives) {
  EXPECT_TRUE(rc::check([] {
    const auto units = *rc::gen::nonEmpty(rc::gen::container<std::vector<int>>(rc::gen::inRange(1, 300)));
    const std::int64_t src = *rc::gen::inRange(1, 1000);
    Node::Sequence layers;
    for (const int n : units) {
      layers.push_back(Node::Mapping{{"dense", Node::Mapping{{"units", n}}}});
      layers.push_back(Node::Mapping{{"dropout", 0.5}});
    }
    Faults faults;
    const Network network = ReadNetwork(layers, {src}, faults);
    RC_ASSERT(faults.empty());
    Shape width = {src};
    for (std::size_t i = 0; i < network.layers.size(); ++i) {
      RC_ASSERT(network.layers[i].src == width);
      width = {units[i / 2]};
      RC_ASSERT(network.layers[i].dst == width);
    }
    RC_ASSERT(network.OutputUnits() == units.back());
  }));
}

TEST(NetworkTest, ReadsAConvolutionalNetwork) {
  Faults faults;
  const Network network = Read(R"([{"conv2d":{"filters":32,"kernel_size":3,"activation":"relu","max_norm":2}},
      "max_pooling2d",
      {"conv2d":{"filters":64,"kernel_size":[3,5],"strides":2,"padding":"same","dilation_rate":1,"groups":2,
                 "use_bias":false,"kernel_initializer":"he_normal","bias_initializer":"ones"}},
      {"batch_normalization":{"momentum":0.9,"center":false}},{"activation":"swish"},{"leaky_relu":0.1},"elu",
      {"average_pooling2d":{"pool_size":[2,3],"strides":[1,2],"padding":"same"}},
      "global_average_pooling2d",{"dense":{"units":10,"activation":"softmax"}}])",
                               {28, 28}, faults);
  ASSERT_THAT(faults, IsEmpty());
  ASSERT_EQ(network.layers.size(), 10U);
  EXPECT_EQ(network.layers[0].kind,
            LayerKind(Conv2dLayer{
                .filters = 32, .kernel_size = {3, 3}, .activation = ActivationKind::kRelu, .max_norm = 2.0}));
  EXPECT_EQ(network.layers[0].dst, (Shape{32, 26, 26}));
  EXPECT_EQ(network.layers[1].kind, LayerKind(Pooling2dLayer{}));
  EXPECT_EQ(network.layers[1].dst, (Shape{32, 13, 13}));
  EXPECT_EQ(network.layers[2].kind, LayerKind(Conv2dLayer{.filters = 64,
                                                          .kernel_size = {3, 5},
                                                          .strides = {2, 2},
                                                          .padding = Padding::kSame,
                                                          .groups = 2,
                                                          .use_bias = false,
                                                          .kernel_initializer = InitializerKind::kHeNormal,
                                                          .bias_initializer = InitializerKind::kOnes}));
  EXPECT_EQ(network.layers[2].dst, (Shape{64, 7, 7}));
  EXPECT_EQ(network.layers[3].kind, LayerKind(BatchNormalizationLayer{.momentum = 0.9, .center = false}));
  EXPECT_EQ(network.layers[4].kind, LayerKind(ActivationLayer{ActivationKind::kSwish, 0}));
  EXPECT_EQ(network.layers[5].kind, LayerKind(ActivationLayer{ActivationKind::kLeakyRelu, 0.1}));
  EXPECT_EQ(network.layers[6].kind, LayerKind(ActivationLayer{ActivationKind::kElu, 1.0}));
  EXPECT_EQ(
      network.layers[7].kind,
      LayerKind(Pooling2dLayer{
          .kind = PoolingKind::kAverage, .pool_size = {2, 3}, .strides = {1, 2}, .padding = Padding::kSame}));
  EXPECT_EQ(network.layers[7].dst, (Shape{64, 7, 4}));
  EXPECT_EQ(network.layers[8].dst, (Shape{64}));
  EXPECT_EQ(network.layers[8].name, "global_average_pooling2d_1");
}

// The lengths of TensorFlow 2's convolutions (nn.convolution's documentation), and its zeros before and behind.
TEST(ShapesTest, WindowsSlideAsTensorFlowsDo) {
  const auto sliding = [](std::int64_t src, std::int64_t window, std::int64_t stride, std::int64_t dilation,
                          Padding padding) {
    const Sliding at = SlidingOf(src, window, stride, dilation, padding);
    return std::vector<std::int64_t>{at.dst, at.before, at.after};
  };
  EXPECT_THAT(sliding(28, 3, 1, 1, Padding::kValid), ElementsAre(26, 0, 0));
  EXPECT_THAT(sliding(28, 3, 2, 1, Padding::kValid), ElementsAre(13, 0, 0));
  EXPECT_THAT(sliding(28, 3, 1, 4, Padding::kValid), ElementsAre(20, 0, 0));
  EXPECT_THAT(sliding(2, 3, 1, 1, Padding::kValid), ElementsAre(0, 0, 0));
  EXPECT_THAT(sliding(28, 3, 1, 1, Padding::kSame), ElementsAre(28, 1, 1));
  EXPECT_THAT(sliding(28, 4, 1, 1, Padding::kSame), ElementsAre(28, 1, 2));
  EXPECT_THAT(sliding(28, 3, 2, 1, Padding::kSame), ElementsAre(14, 0, 1));
  EXPECT_THAT(sliding(7, 3, 2, 1, Padding::kSame), ElementsAre(4, 1, 1));
  EXPECT_THAT(sliding(7, 1, 3, 1, Padding::kSame), ElementsAre(3, 0, 0));
  EXPECT_THAT(sliding(7, 3, 1, 3, Padding::kSame), ElementsAre(7, 3, 3));
}

TEST(ShapesTest, WindowsStayWithinTheirZeros) {
  EXPECT_TRUE(rc::check([] {
    const std::int64_t src = *rc::gen::inRange(1, 60), window = *rc::gen::inRange(1, 9);
    const std::int64_t stride = *rc::gen::inRange(1, 6), dilation = *rc::gen::inRange(1, 4);
    const std::int64_t reach = (window - 1) * dilation + 1;
    for (const Padding padding : {Padding::kValid, Padding::kSame}) {
      const Sliding at = SlidingOf(src, window, stride, dilation, padding);
      RC_ASSERT(padding == Padding::kValid || at.dst == (src + stride - 1) / stride);
      if (at.dst == 0) continue;
      const std::int64_t last = (at.dst - 1) * stride - at.before + reach;  // the end of the last window
      RC_ASSERT(last <= src + at.after);
      RC_ASSERT(last + stride > src + at.after);
      RC_ASSERT(at.after - at.before == 0 || at.after - at.before == 1);
    }
  }));
}

TEST(ShapesTest, WhatDoesNotFitIsToldByItsKey) {
  EXPECT_THAT(
      FaultsOf(R"([{"conv2d":{"filters":4,"kernel_size":[3,5],"dilation_rate":[1,8]}},"max_pooling2d"])",
               {28, 28}),
      ElementsAre("model[0].conv2d.kernel_size: a window of 3x33 does not fit into 28x28; a smaller one, or "
                  "padding: same, is wanted"));
  EXPECT_THAT(FaultsOf(R"([{"max_pooling2d":3}])", {2, 5}),
              ElementsAre(HasSubstr("model[0].max_pooling2d.pool_size: a window of 3x3 does not fit into 2x5")));
  EXPECT_THAT(FaultsOf(R"(["flatten",{"conv2d":{"filters":4,"kernel_size":3}}])", {28, 28}),
              ElementsAre(HasSubstr("model[1].conv2d: conv2d takes an image, and a sample is 784 here")));
  EXPECT_THAT(
      FaultsOf(R"(["global_average_pooling2d"])", {4, 4, 4, 4}),
      ElementsAre(HasSubstr("model[0].global_average_pooling2d: global_average_pooling2d takes an image")));
  EXPECT_THAT(FaultsOf(R"([{"conv2d":{"filters":6,"kernel_size":1,"groups":4}}])", {4, 2, 2}),
              ElementsAre(HasSubstr("model[0].conv2d.groups: 4 groups of 4 channels and 6 filters; a divisor of "
                                    "both is wanted")));
  EXPECT_THAT(FaultsOf(R"([{"conv2d":{"filters":6,"kernel_size":1,"activation":"softmax"}}])", {2, 2}),
              ElementsAre(HasSubstr("model[0].conv2d.activation: a softmax on a shape of 6x2x2")));
}

TEST(NetworkTest, ShapesAreSpelledWithACross) {
  EXPECT_EQ(ToString(Shape{28, 28}), "28x28");
  EXPECT_EQ(Elements({}), 1);
  EXPECT_EQ(Elements({1LL << 40, 1LL << 40}), INT64_MAX);
}

TEST(NetworkTest, NamesAreUnique) {
  EXPECT_THAT(
      FaultsOf(R"([{"dense":{"units":2,"name":"dense_2"}},{"dense":{"units":2,"activation":"softmax"}}])", {4}),
      ElementsAre("model[1].dense.name: 'dense_2' is the name of model[0].dense already; each layer has its own"));
}

TEST(NetworkTest, ASoftmaxStandsLastAndOnOneAxis) {
  EXPECT_THAT(
      FaultsOf(R"([{"dense":{"units":2,"activation":"softmax"}},{"dropout":0.1}])", {4}),
      ElementsAre(HasSubstr("model[0].dense.activation: a softmax stands last, and model[1].dropout follows")));
  EXPECT_THAT(FaultsOf(R"([{"activation":"softmax"}])", {2, 2}),
              ElementsAre(HasSubstr("model[0].activation.activation: a softmax on a shape of 2x2; put flatten")));
}

TEST(NetworkTest, RefusesMoreWeightsThanMemoryHolds) {
  EXPECT_THAT(
      FaultsOf(R"([{"dense":{"units":1048576}},{"dense":{"units":1048576}}])", {4}),
      ElementsAre(HasSubstr("model[1].dense.units: with 1048576 units the network has 1099515822080 weights")));
}

TEST(NetworkTest, CountsAConvolutionsWeights) {
  EXPECT_THAT(FaultsOf(R"([{"conv2d":{"filters":65536,"kernel_size":128,"padding":"same"}},
                           {"conv2d":{"filters":65536,"kernel_size":1}}])",
                       {4, 4}),
              ElementsAre(HasSubstr("model[1].conv2d.filters: with 65536 filters the network has 5368709120")));
}

TEST(NetworkTest, ADollarIsTextAfterSubstitution) {
  EXPECT_THAT(FaultsOf(R"([{"dense":{"units":"$n"}}])", {4}),
              ElementsAre(HasSubstr("model[0].dense.units: '$n' is text")));
  Faults faults;
  EXPECT_EQ(ReadDataset("$set", faults).Key(), "$set");
  EXPECT_THAT(faults, IsEmpty());
}

TEST(TrainingTest, ReadsWhatIsGivenAndDefaults) {
  Faults faults;
  const Training given = ReadTraining(*FromJson(R"({"epochs":10,"batch_size":128,"loss":"binary_cross_entropy",
      "optimizer":{"sgd":{"learning_rate":1,"momentum":0.9,"nesterov":true}},
      "schedule":{"time_decay":{"rate":1e-4}},"validation_fraction":0.25})"),
                                      faults);
  EXPECT_EQ(given, (Training{.epochs = 10,
                             .batch_size = 128,
                             .loss = Loss::kBinaryCrossEntropy,
                             .optimizer = {.learning_rate = 1, .rule = Sgd{.momentum = 0.9, .nesterov = true}},
                             .schedule = TimeDecay{1e-4},
                             .validation_fraction = 0.25}));
  const auto read = [&](const std::string& optimizer, const std::string& schedule) {
    return ReadTraining(*FromJson(R"({"epochs":3,"label_smoothing":0.1,"optimizer":)" + optimizer +
                                  R"(,"schedule":)" + schedule + "}"),
                        faults);
  };
  EXPECT_EQ(
      read(R"({"adam":{"beta_1":0.5,"clipnorm":2}})", R"("constant")"),
      (Training{.epochs = 3,
                .label_smoothing = 0.1,
                .optimizer = {.learning_rate = 0.001, .rule = Adam{.beta_1 = 0.5}, .clipping = {.clipnorm = 2}}}));
  EXPECT_EQ(read(R"({"adamw":{"weight_decay":0.5,"global_clipnorm":2}})", R"({"step":{"epochs":2,"factor":0.5}})"),
            (Training{.epochs = 3,
                      .label_smoothing = 0.1,
                      .optimizer = {.learning_rate = 0.001,
                                    .rule = AdamW{.weight_decay = 0.5},
                                    .clipping = {.global_clipnorm = 2}},
                      .schedule = StepDecay{.epochs = 2, .factor = 0.5}}));
  EXPECT_EQ(
      read(R"({"adadelta":{"rho":0.5,"clipvalue":2}})",
           R"({"exponential":{"decay_rate":0.5,"decay_steps":7,"staircase":true}})"),
      (Training{.epochs = 3,
                .label_smoothing = 0.1,
                .optimizer = {.learning_rate = 0.001, .rule = Adadelta{.rho = 0.5}, .clipping = {.clipvalue = 2}},
                .schedule = ExponentialDecay{.decay_rate = 0.5, .decay_steps = 7, .staircase = true}}));
  EXPECT_EQ(read(R"({"rmsprop":{"momentum":0.5,"centered":true}})", R"({"polynomial":{"power":2}})"),
            (Training{.epochs = 3,
                      .label_smoothing = 0.1,
                      .optimizer = {.learning_rate = 0.001, .rule = RmsProp{.momentum = 0.5, .centered = true}},
                      .schedule = PolynomialDecay{.power = 2}}));
  EXPECT_EQ(read(R"("sgd")", R"({"cosine":{"epochs":9,"warmup_epochs":2,"final_factor":0.5}})").schedule,
            Schedule(CosineDecay{.epochs = 9, .warmup_epochs = 2, .final_factor = 0.5}));
  EXPECT_EQ(read(R"("sgd")", R"({"reduce_on_plateau":{"monitor":"train_error","patience":3,"cooldown":2,)"
                             R"("min_delta":0.5,"min_lr":0.25,"factor":0.5}})")
                .schedule,
            Schedule(ReduceOnPlateau{.monitor = Monitor::kTrainError,
                                     .factor = 0.5,
                                     .patience = 3,
                                     .min_delta = 0.5,
                                     .cooldown = 2,
                                     .min_lr = 0.25}));
  EXPECT_EQ(ReadTraining(*FromJson(R"({"epochs":3,"optimizer":{"sgd":{}}})"), faults), (Training{.epochs = 3}));
  EXPECT_THAT(faults, IsEmpty());
  ReadTraining(*FromJson(R"({"epochs":3,"optimizer":{"sgd":{"momentum":1}}})"), faults);
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].path, "training.optimizer.sgd.momentum");
}

TEST(TrainingTest, TheLossFollowsTheOutputUnlessItIsNamed) {
  const auto loss = [](const char* model) {
    Faults faults;
    return LossFor(Training{}, Read(model, {4}, faults));
  };
  EXPECT_EQ(loss(R"([{"dense":{"units":2,"activation":"softmax"}}])"), Loss::kCrossEntropy);
  EXPECT_EQ(loss(R"([{"dense":{"units":1}},{"activation":"sigmoid"}])"), Loss::kBinaryCrossEntropy);
  EXPECT_EQ(loss(R"([{"dense":{"units":1}}])"), Loss::kMeanSquaredError);
  EXPECT_EQ(loss(R"([{"dense":{"units":1,"activation":"relu"}}])"), Loss::kMeanSquaredError);
  EXPECT_EQ(LossFor(Training{.loss = Loss::kCrossEntropy}, Network{}), Loss::kCrossEntropy);
}

TEST(TrainingTest, RowsAreSplitAsInKeras) {
  // int(n * (1 - fraction)), by Python.
  EXPECT_EQ(TrainingRows(60000, 1.0 / 6), 50000);
  EXPECT_EQ(TrainingRows(12000, 1.0 / 6), 10000);
  EXPECT_EQ(TrainingRows(7, 0.5), 3);
  EXPECT_EQ(TrainingRows(10, 0.9), 0);
  EXPECT_EQ(TrainingRows(1000, 0.1), 900);
}

TEST(DatasetTest, IsANameOrAMapping) {
  Faults faults;
  EXPECT_EQ(ReadDataset("digits", faults), (DatasetSpec{.name = "digits"}));
  const DatasetSpec spec = ReadDataset(*FromJson(R"({"path":"digits","classes":[8,3]})"), faults);
  EXPECT_EQ(spec, (DatasetSpec{.path = "./digits", .classes = {8, 3}}));
  EXPECT_EQ(spec.Key(), "./digits");
  EXPECT_THAT(faults, IsEmpty());
}

}  // namespace
}  // namespace hpsearch::model
