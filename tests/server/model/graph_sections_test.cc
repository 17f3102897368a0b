// Networks as graphs, as the study file has them: names, inputs, and what is wrong with them, each by its key.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "server/model/shapes.h"
#include "tests/server/model/checked_sections.h"

namespace hpsearch::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr const char* kEnd = R"({"dense":{"units":3,"activation":"softmax"}})";

// The faults of the layers, and a softmax behind them, on samples of a shape: of the section, then of the whole.
std::vector<std::string> FaultsOf(const std::string& layers, const Shape& sample = {12}) {
  const Checked checked = Check("[" + layers + "," + kEnd + "]");
  std::vector<std::string> lines = checked.faults;
  const DatasetShape shape = {.sample = sample, .classes = 3, .train_rows = 100};
  Faults faults;
  CheckTogether(*checked.document.Find("model"), *checked.document.Find("training"),
                *checked.document.Find("dataset"), &shape, faults);
  for (const Fault& fault : faults) lines.push_back(fault.path + ": " + fault.message);
  return lines;
}

Network Read(const std::string& layers, const Shape& sample, Faults& faults) {
  return ReadNetwork(*FromJson("[" + layers + "]"), sample, faults);
}

TEST(GraphSectionsTest, ReadsAResidualBlock) {
  Faults faults;
  const Network network = Read(R"({"conv2d":{"filters":16,"kernel_size":3,"padding":"same","name":"stem"}},
      {"conv2d":{"filters":32,"kernel_size":3,"strides":2,"padding":"same"}},"batch_normalization",
      {"conv2d":{"filters":32,"kernel_size":1,"strides":2,"name":"shortcut","input":"stem"}},
      {"add":{"inputs":["batch_normalization_1","shortcut"]}},
      {"concatenate":{"inputs":["add_1","shortcut","add_1"]}},{"spatial_dropout2d":0.25},
      {"reshape":{"target_shape":[-1,7]}},{"dense":{"units":10,"activation":"softmax"}})",
                               {28, 28}, faults);
  ASSERT_THAT(faults, IsEmpty());
  ASSERT_EQ(network.layers.size(), 9U);
  EXPECT_EQ(network.InputsOf(0), (std::vector<std::int64_t>{kNetworkInput}));
  EXPECT_EQ(network.InputsOf(1), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(network.InputsOf(3), (std::vector<std::int64_t>{0}));
  EXPECT_EQ(network.layers[3].src, (Shape{16, 28, 28}));
  EXPECT_EQ(network.InputsOf(4), (std::vector<std::int64_t>{2, 3}));
  EXPECT_EQ(network.layers[4].kind, LayerKind(AddLayer{}));
  EXPECT_EQ(network.layers[4].dst, (Shape{32, 14, 14}));
  EXPECT_EQ(network.InputsOf(5), (std::vector<std::int64_t>{4, 3, 4}));
  EXPECT_EQ(network.layers[5].dst, (Shape{96, 14, 14}));
  EXPECT_EQ(network.layers[6].kind, LayerKind(SpatialDropout2dLayer{0.25}));
  EXPECT_EQ(network.layers[7].kind, LayerKind(ReshapeLayer{{-1, 7}}));
  EXPECT_EQ(network.layers[7].dst, (Shape{96 * 28, 7}));
}

TEST(GraphSectionsTest, AnInputThatIsTheLayerBeforeItSaysNothing) {
  const char* plain = R"([{"dense":{"units":4}},"flatten",{"dense":{"units":3,"activation":"softmax"}}])";
  const char* said = R"([{"dense":{"input":"input","units":4}},{"flatten":{"input":"dense_1"}},
                         {"dense":{"input":"flatten_1","units":3,"activation":"softmax"}}])";
  EXPECT_THAT(Check(said).faults, IsEmpty());
  EXPECT_EQ(Check(said).Canonical("model"), Check(plain).Canonical("model"));
  Faults faults;
  EXPECT_EQ(ReadNetwork(*FromJson(said), {5}, faults), ReadNetwork(*FromJson(plain), {5}, faults));
  EXPECT_THAT(faults, IsEmpty());
  const Checked other = Check(R"([{"dense":{"units":4}},{"dense":{"units":4,"input":"input"}},
      {"add":{"inputs":["dense_1","dense_2"]}},{"dense":{"units":3,"activation":"softmax"}}])");
  EXPECT_THAT(other.Canonical("model"), HasSubstr(R"({"name":"dense_2","input":"input","units":4)"));
  EXPECT_THAT(other.Canonical("model"), HasSubstr(R"({"add":{"name":"add_1","inputs":["dense_1","dense_2"]}})"));
}

TEST(GraphSectionsTest, AnInputIsAnEarlierLayer) {
  EXPECT_THAT(FaultsOf(R"({"dense":{"units":4}},{"dense":{"units":4,"input":"dnse_1"}})"),
              ElementsAre("model[1].dense.input: unknown layer 'dnse_1'; there are: input, dense_1; did you mean "
                          "'dense_1'?"));
  EXPECT_THAT(
      FaultsOf(R"({"dense":{"units":4}},{"add":{"inputs":["dense_1","dense_2"]}},{"dense":{"units":4}})"),
      ElementsAre("model[1].add.inputs[1]: 'dense_2' does not stand before it; an input is an earlier layer"));
  EXPECT_THAT(FaultsOf(R"({"dense":{"units":4,"name":"a","input":"a"}})"),
              ElementsAre("model[0].dense.input: 'a' does not stand before it; an input is an earlier layer"));
}

TEST(GraphSectionsTest, WhereALayerIsBrokenItsNameMayBeTheOneThatIsMissing) {
  EXPECT_THAT(FaultsOf(R"({"densse":{"units":4}},{"dense":{"units":4,"input":"dense_7"}})"),
              ElementsAre(HasSubstr("model[0].densse: unknown layer")));
}

TEST(GraphSectionsTest, EachLayerButTheLastIsRead) {
  EXPECT_THAT(
      FaultsOf(R"({"dense":{"units":4}},{"dense":{"units":4,"input":"input"}})"),
      ElementsAre("model[0].dense: no layer reads 'dense_1'; name it as the input of a later one, or leave it "
                  "out (the last layer is the network's output)"));
}

TEST(GraphSectionsTest, NamesAreUniqueAndNotTheInputs) {
  EXPECT_THAT(FaultsOf(R"({"dense":{"units":4,"name":"input"}})"),
              ElementsAre("model[0].dense.name: 'input' is the name of the network's own input; another one is "
                          "wanted"));
  EXPECT_THAT(FaultsOf(R"({"dense":{"units":4,"name":"a"}},{"dense":{"units":4,"name":"a"}})"),
              ElementsAre(HasSubstr("model[1].dense.name: 'a' is the name of model[0].dense already")));
}

TEST(GraphSectionsTest, ALayerTakesTheKeyOfItsKind) {
  EXPECT_THAT(FaultsOf(R"({"dense":{"units":4,"inputs":["input"]}})"),
              ElementsAre("model[0].dense.inputs: dense reads one layer; input: NAME is wanted"));
  EXPECT_THAT(FaultsOf(R"({"dense":{"units":4,"input":"input","inputs":["input"]}})"),
              ElementsAre("model[0].dense.inputs: 'inputs' stands beside 'input'; dense takes 'input' alone"));
  EXPECT_THAT(FaultsOf(R"({"add":{"input":"input"}})"),
              ElementsAre("model[0].add.input: add reads two layers or more; inputs: [NAME, NAME] is wanted"));
  EXPECT_THAT(FaultsOf(R"({"concatenate":{"input":"input","inputs":["input","input"]}})"),
              ElementsAre("model[0].concatenate.input: 'input' stands beside 'inputs'; concatenate takes 'inputs' "
                          "alone"));
  EXPECT_THAT(FaultsOf(R"({"add":{"inputs":["input"]}})"),
              ElementsAre("model[0].add.inputs: one input alone; add reads two layers or more"));
  std::string many = R"("input")";
  for (int i = 1; i < 64; ++i) many += R"(,"input")";
  EXPECT_THAT(FaultsOf(R"({"add":{"inputs":[)" + many + "]}}"), IsEmpty());
  EXPECT_THAT(FaultsOf(R"({"add":{"inputs":["input",)" + many + "]}}"),
              ElementsAre("model[0].add.inputs: 65 inputs; add reads 64 at most"));
  EXPECT_THAT(FaultsOf(R"("add")"),
              ElementsAre("model[0].add: 'inputs' is missing; a sequence of texts is wanted"));
  EXPECT_THAT(FaultsOf(R"({"add":{"inputs":"input"}})"),
              ElementsAre("model[0].add.inputs: 'input' is text; a sequence of texts is wanted"));
  EXPECT_THAT(FaultsOf(R"({"add":{"inputs":["input",3]}})"),
              ElementsAre(HasSubstr("model[0].add.inputs[1]: 3 is a number")));
}

TEST(GraphSectionsTest, ShapesThatDoNotGoTogether) {
  const std::string two = R"({"dense":{"units":4}},{"dense":{"units":5,"input":"input"}},)";
  EXPECT_THAT(
      FaultsOf(two + R"({"add":{"inputs":["dense_1","dense_2"]}})"),
      ElementsAre("model[2].add.inputs: shapes of 4 and 5 cannot be added; inputs of one shape are wanted"));
  EXPECT_THAT(FaultsOf(two + R"({"concatenate":{"inputs":["dense_1","dense_2"]}})"), IsEmpty());
  EXPECT_THAT(FaultsOf(R"("max_pooling2d",{"concatenate":{"inputs":["input","max_pooling2d_1"]}})", {8, 8}),
              ElementsAre("model[1].concatenate.inputs: shapes of 8x8 and 1x4x4 cannot be concatenated; images of "
                          "one height and width, or flat samples, are wanted"));
  EXPECT_THAT(FaultsOf(R"("flatten",{"concatenate":{"inputs":["input","flatten_1"]}})", {8, 8}),
              ElementsAre(HasSubstr("model[1].concatenate.inputs: shapes of 8x8 and 64 cannot")));
  EXPECT_THAT(FaultsOf(R"({"dense":{"units":1048576}},{"concatenate":{"inputs":["dense_1","dense_1"]}})", {1}),
              ElementsAre(HasSubstr("model[1].concatenate.inputs: shapes of 1048576 and 1048576 are more than")));
  EXPECT_THAT(FaultsOf(R"({"spatial_dropout2d":0.5})"),
              ElementsAre(HasSubstr("model[0].spatial_dropout2d: spatial_dropout2d takes an image")));
}

TEST(GraphSectionsTest, AReshapeKeepsTheValues) {
  const auto fault = [](const std::string& shape) {
    return FaultsOf(R"({"reshape":{"target_shape":)" + shape + "}}");
  };
  EXPECT_THAT(fault("[3,4]"), IsEmpty());
  EXPECT_THAT(fault("[3,-1,2]"), IsEmpty());
  EXPECT_THAT(fault("[5,-1]"),
              ElementsAre(HasSubstr("model[0].reshape.target_shape: a shape of 5x-1; one to three "
                                    "axes that make 12 values (12)")));
  EXPECT_THAT(fault("[13]"), ElementsAre(HasSubstr("a shape of 13;")));
  EXPECT_THAT(fault("[-1,-1]"), ElementsAre(HasSubstr("more than one axis of -1")));
  EXPECT_THAT(fault("[0,12]"), ElementsAre(HasSubstr("an axis that is not from 1")));
  EXPECT_THAT(fault("[1,1,1,12]"), ElementsAre(HasSubstr("4 axes")));
  EXPECT_THAT(fault("[-2,6]"), ElementsAre(HasSubstr("model[0].reshape.target_shape[0]: -2 is out of range")));
}

TEST(GraphSectionsTest, TheOutputIsTheLastLayerWhereverItsUnitsComeFrom) {
  const auto end = [](const std::string& layers) {
    const Checked checked = Check("[" + layers + R"(,{"activation":"softmax"}])");
    EXPECT_THAT(checked.faults, IsEmpty());
    EXPECT_THAT(checked.Canonical("training"), HasSubstr(R"("loss":"cross_entropy")"));
    const DatasetShape shape = {.sample = {12}, .classes = 9, .train_rows = 100};
    Faults faults;
    CheckTogether(*checked.document.Find("model"), *checked.document.Find("training"),
                  *checked.document.Find("dataset"), &shape, faults);
    return faults.size() == 1 ? faults[0].path : std::to_string(faults.size());
  };
  const std::string two = R"({"dense":{"units":4}},{"dense":{"units":4,"input":"input"}},)";
  EXPECT_EQ(end(two + R"({"add":{"inputs":["dense_2","dense_1"]}})"), "model[1].dense.units");
  EXPECT_EQ(end(two + R"({"concatenate":{"inputs":["dense_1","dense_2"]}})"), "model[2].concatenate");
}

TEST(GraphSectionsTest, ParametersMayNameInputsAndShapes) {
  const Checked checked = Check(R"([{"dense":{"units":4,"name":"a"}},{"dense":{"units":4,"input":"$from"}},
      {"add":{"inputs":["a","$with"]}},{"reshape":{"target_shape":["$n",-1]}},)" +
                                std::string(kEnd) + "]");
  EXPECT_THAT(checked.faults, IsEmpty());
  ASSERT_EQ(checked.usages.size(), 3U);
  EXPECT_EQ(checked.usages[0].path, "model[1].dense.input");
  EXPECT_EQ(checked.usages[0].rule.type, KeyType::kText);
  EXPECT_EQ(checked.usages[1].path, "model[2].add.inputs[1]");
  EXPECT_EQ(checked.usages[1].rule.type, KeyType::kText);
  EXPECT_EQ(checked.usages[2].path, "model[3].reshape.target_shape[0]");
  EXPECT_EQ(checked.usages[2].rule.type, KeyType::kInteger);
}

// Random graphs of layers that keep the shape or put shapes side by side.
TEST(GraphSectionsTest, EachLayerStandsOnTheShapesOfItsInputs) {
  EXPECT_TRUE(rc::check([] {
    const std::int64_t height = *rc::gen::inRange(1, 9), width = *rc::gen::inRange(1, 9);
    const auto count = *rc::gen::inRange(1, 12);
    std::vector<std::int64_t> channels = {*rc::gen::inRange(1, 5)};  // the sample's, then each layer's
    std::vector<std::string> names = {"input"};
    std::vector<std::vector<std::int64_t>> inputs;
    Node::Sequence layers;
    for (int i = 0; i < count; ++i) {
      // The one before it among them, so that each is read.
      std::vector<std::int64_t> read = {i - 1};
      for (int more = *rc::gen::inRange(1, 3); more > 0; --more) read.push_back(*rc::gen::inRange(-1, i));
      Node::Sequence reads;
      std::int64_t sum = 0;
      for (const std::int64_t input : read) {
        reads.push_back(names[static_cast<std::size_t>(input + 1)]);
        sum += channels[static_cast<std::size_t>(input + 1)];
      }
      layers.push_back(Node::Mapping{
          {"concatenate", Node::Mapping{{"name", "layer" + std::to_string(i)}, {"inputs", std::move(reads)}}}});
      names.push_back("layer" + std::to_string(i));
      channels.push_back(sum);
      inputs.push_back(read);
    }
    layers.push_back(Node::Mapping{{"reshape", Node::Mapping{{"target_shape", Node::Sequence{height, -1}}}}});
    Faults faults;
    const Network network = ReadNetwork(layers, {channels[0], height, width}, faults);
    RC_ASSERT(faults.empty());
    for (std::size_t i = 0; i < inputs.size(); ++i) {
      RC_ASSERT(network.InputsOf(i) == inputs[i]);
      RC_ASSERT(network.layers[i].dst == (Shape{channels[i + 1], height, width}));
    }
    RC_ASSERT(network.layers.back().dst == (Shape{height, channels.back() * width}));
  }));
}

}  // namespace
}  // namespace hpsearch::model
