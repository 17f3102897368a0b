#include "server/model/sections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/server/model/checked_sections.h"

namespace hpsearch::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(SectionsTest, DefaultsAreWrittenOut) {
  const Checked checked = Check(R"([{"dense":{"units":10,"activation":"softmax"}}])");
  EXPECT_THAT(checked.faults, IsEmpty());
  EXPECT_EQ(checked.Canonical("model"),
            R"([{"dense":{"name":"dense_1","units":10,"activation":"softmax","use_bias":true,)"
            R"("kernel_initializer":"glorot_uniform","bias_initializer":"zeros"}}])");
  EXPECT_EQ(checked.Canonical("training"),
            R"({"epochs":1,"batch_size":32,"loss":"cross_entropy",)"
            R"("optimizer":{"sgd":{"learning_rate":0.01,"momentum":0.0,"nesterov":false}},)"
            R"("validation_fraction":0.16666666666666666})");
  EXPECT_EQ(checked.Canonical("dataset"), R"({"name":"digits"})");
}

TEST(SectionsTest, AnExtentIsHeightAndWidth) {
  const Checked one = Check(R"([{"conv2d":{"filters":2,"kernel_size":3,"strides":[2]}},"flatten",)"
                            R"({"dense":{"units":3,"activation":"softmax"}}])");
  const Checked two = Check(R"([{"conv2d":{"filters":2,"kernel_size":[3,3],"strides":[2.0,2]}},"flatten",)"
                            R"({"dense":{"units":3,"activation":"softmax"}}])");
  EXPECT_THAT(one.faults, IsEmpty());
  EXPECT_THAT(one.Canonical("model"), HasSubstr(R"("kernel_size":[3,3],"strides":[2,2],"padding":"valid")"));
  EXPECT_EQ(one.Canonical("model"), two.Canonical("model"));
  const Checked named = Check(R"([{"conv2d":{"filters":2,"kernel_size":"$k","strides":["$s",1]}},"flatten",)"
                              R"({"dense":{"units":3,"activation":"softmax"}}])");
  EXPECT_THAT(named.faults, IsEmpty());
  EXPECT_THAT(named.Canonical("model"), HasSubstr(R"("kernel_size":["$k","$k"],"strides":["$s",1])"));
  ASSERT_EQ(named.usages.size(), 2U);
  EXPECT_EQ(named.usages[0].path, "model[0].conv2d.kernel_size");
  EXPECT_EQ(named.usages[1].path, "model[0].conv2d.strides[0]");
}

TEST(SectionsTest, AnExtentThatIsNoneIsOneFault) {
  const auto faults = [](const char* extent) {
    return Check(std::string(R"([{"conv2d":{"filters":2,"kernel_size":)") + extent +
                 R"(}},"flatten",{"dense":{"units":3,"activation":"softmax"}}])")
        .faults;
  };
  EXPECT_THAT(faults("0"),
              ElementsAre("model[0].conv2d.kernel_size: 0 is out of range; an integer from 1 to 4,096, "
                          "or a sequence of two (height, width), is wanted"));
  EXPECT_THAT(faults("[3,3,3]"),
              ElementsAre(HasSubstr("model[0].conv2d.kernel_size: more than 2 items; an integer")));
  EXPECT_THAT(faults("[3,0.5]"), ElementsAre(HasSubstr("model[0].conv2d.kernel_size[1]: 0.5 is no integer")));
  EXPECT_THAT(faults("[]"), ElementsAre(HasSubstr("model[0].conv2d.kernel_size: an empty sequence")));
}

TEST(SectionsTest, EqualMeaningIsEqualText) {
  const Checked brief =
      Check(R"(["flatten",{"dropout":0},{"dense":{"units":3.0,"max_norm":2}},{"activation":"softmax"}])");
  const Checked lengthy =
      Check(R"([{"flatten":{"name":"flatten_1"}},{"dropout":{"rate":0.0}},)"
            R"({"dense":{"max_norm":2.0,"bias_initializer":"zeros","units":3,"activation":"linear"}},)"
            R"({"activation":{"activation":"softmax"}}])",
            R"({"optimizer":{"sgd":{"nesterov":false,"momentum":0}},"epochs":1,"loss":"cross_entropy",)"
            R"("schedule":null,"batch_size":32.0,"precision":"f32","threads":1,"replicates":1,)"
            R"("instruction_set":"native","validation_from":null,"metrics":[]})",
            R"({"normalize":null,"name":"digits"})");
  EXPECT_THAT(brief.faults, IsEmpty());
  EXPECT_THAT(lengthy.faults, IsEmpty());
  EXPECT_EQ(ToJson(brief.document), ToJson(lengthy.document));
}

// Of keys that came after the first studies: one that says what leaving it out says is left out.

TEST(SectionsTest, WhatAnUnsetKeyMeansIsLeftOut) {
  const Checked brief = Check(kModel);
  const Checked lengthy =
      Check(R"([{"dense":{"units":10,"activation":"softmax","trainable":true,"learning_rate_factor":1,)"
            R"("kernel_regularizer":{"l1":0,"l2":null}}}])",
            R"({"epochs":1,"label_smoothing":0,"schedule":"constant","optimizer":{"sgd":{"clipnorm":null}}})");
  EXPECT_THAT(lengthy.faults, IsEmpty());
  EXPECT_EQ(ToJson(brief.document), ToJson(lengthy.document));
}

TEST(SectionsTest, TheCanonicalFormIsItsOwn) {
  Checked checked = Check(
      R"([{"dropout":"$rate"},"flatten",{"dense":{"units":"$n","name":"$$x"}},{"activation":"sigmoid"}])",
      R"({"epochs":"$e","optimizer":{"sgd":{"learning_rate":"$rate"}},"schedule":{"time_decay":{"rate":1}}})",
      R"({"path":"digits","classes":[3,8]})");
  EXPECT_THAT(checked.faults, IsEmpty());
  EXPECT_THAT(checked.Canonical("dataset"), HasSubstr(R"("path":"./digits")"));
  Node again = checked.document;
  Faults faults;
  const auto usages = CheckSections(again, faults);
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_EQ(again, checked.document);
  EXPECT_EQ(usages.size(), checked.usages.size());
}

// Their defaults are the data set's, which is not known here: what stands there means something.

TEST(SectionsTest, UsagesSayWhereAndWhatIsWanted) {
  const Checked checked = Check(R"([{"dropout":"$rate"},{"dense":{"units":"$n","activation":"softmax"}}])",
                                R"({"epochs":1,"optimizer":{"sgd":{"momentum":"$m"}}})");
  ASSERT_EQ(checked.usages.size(), 3U);
  EXPECT_EQ(checked.usages[0].parameter, "rate");
  EXPECT_EQ(checked.usages[0].path, "model[0].dropout.rate");
  EXPECT_EQ(checked.usages[0].rule.domain.ToString(), "[0, 1)");
  EXPECT_EQ(checked.usages[0].rule.refinement_bounds.ToString(), "[0, 0.9]");
  EXPECT_EQ(checked.usages[1].path, "model[1].dense.units");
  EXPECT_EQ(checked.usages[1].rule.type, KeyType::kInteger);
  EXPECT_EQ(checked.usages[2].path, "training.optimizer.sgd.momentum");
  EXPECT_EQ(checked.usages[2].rule.refinement_bounds.ToString(), "[0, 0.999]");
}

TEST(SectionsTest, EveryFaultIsToldAtOnceAndBringsNoOther) {
  const Checked checked = Check(
      R"([{"denes":{"units":"$a"}},{"dense":{"unit":10,"activation":"rellu","max_norm":0}},{"repeat":{"times":"$b"}},)"
      R"({"dropout":{"rate":1}},{"dense":{"units":"10","activation":"softmax"}}])",
      R"({"epochs":0,"batch_size":[1],"optimizer":{"nadam":{}},"schedul":1,"replicates":1.5})",
      R"({"name":"../x","target":true})");
  EXPECT_THAT(
      checked.faults,
      ElementsAre(
          HasSubstr("dataset.target: true; a column's name, or its index"),
          HasSubstr("dataset.name: '../x' is text and no name"),
          AllOf(
              HasSubstr("model[0].denes: unknown layer 'denes'; there are: dense, dropout, activation, flatten, "),
              HasSubstr("; did you mean 'dense'?")),
          HasSubstr("model[1].dense.unit: unknown key of dense 'unit'; there are: name, input, units,"),
          HasSubstr("model[1].dense.activation: unknown activation 'rellu'; there are: linear, relu, leaky_relu, "
                    "elu, gelu, swish, tanh, sigmoid, softplus, softmax; did you mean 'relu'?"),
          "model[1].dense.max_norm: 0 is out of range; a number above 0 is wanted",
          HasSubstr("model[2].repeat: 'layers' is missing; a mapping is wanted"),
          "model[3].dropout.rate: 1 is out of range; a number in [0, 1) is wanted",
          "model[4].dense.units: '10' is text; an integer from 1 to 1,048,576 is wanted",
          HasSubstr("training.schedul: unknown key of training 'schedul'"),
          "training.epochs: 0 is out of range; an integer from 1 to 1,000,000 is wanted",
          "training.batch_size: a sequence stands there; an integer from 1 to 1,048,576 is wanted",
          HasSubstr("training.replicates: 1.5 is no integer"),
          "training.optimizer.nadam: optimizer 'nadam' is not supported yet by this version; there are: sgd, "
          "adam, "
          "adamw, adadelta, rmsprop"));
  // What is broken names its parameters all the same.
  ASSERT_EQ(checked.usages.size(), 2U);
  EXPECT_EQ(checked.usages[0].rule.type, KeyType::kAny);

  Faults together;
  CheckTogether(*checked.document.Find("model"), *checked.document.Find("training"),
                *checked.document.Find("dataset"), nullptr, together);
  EXPECT_THAT(together, IsEmpty());
}

TEST(SectionsTest, UnknownAndMissingKeysAreFaultsOfKeys) {
  const Checked checked =
      Check(R"([{"dense":{"activation":"softmax"}}])", R"({"epochs":1})", R"({"classes":[0,1]})");
  EXPECT_THAT(checked.faults,
              ElementsAre(HasSubstr("dataset: 'name' is missing"),
                          "model[0].dense: 'units' is missing; an integer from 1 to 1,048,576 is wanted",
                          HasSubstr("training: 'optimizer' is missing")));
  for (const Fault& fault : checked.raw) EXPECT_EQ(fault.at, Fault::At::kKey) << fault.path;
}

TEST(SectionsTest, MissingSectionsAreFaults) {
  Node document = Node::Mapping{};
  Faults faults;
  CheckSections(document, faults);
  ASSERT_EQ(faults.size(), 3U);
  for (const Fault& fault : faults) EXPECT_THAT(fault.message, HasSubstr("is missing"));
}

TEST(SectionsTest, KeysBesideALayerBelongIntoIt) {
  const Checked checked = Check(R"([{"dense":null,"units":10},{"dropout":0.1,"flatten":null}])");
  EXPECT_THAT(
      checked.faults,
      ElementsAre("model[0].units: 'units' stands beside 'dense' and belongs into it: {dense: {units: ...}}",
                  "model[1].flatten: 'flatten' stands beside 'dropout'; one layer is wanted here"));
}

TEST(SectionsTest, TextBeginningWithADollarIsAReferenceOrEscaped) {
  const Checked checked = Check(R"([{"dense":{"units":"$Units","name":"$$n","activation":"$$relu"}},"$layer"])");
  EXPECT_THAT(checked.faults, ElementsAre(HasSubstr("model[0].dense.units: '$Units' is text, and no reference"),
                                          HasSubstr("model[0].dense.activation: unknown activation '$relu'"),
                                          HasSubstr("model[1]: a parameter cannot stand for a whole layer")));
  EXPECT_THAT(checked.Canonical("model"), HasSubstr(R"("name":"$$n")"));
}

TEST(SectionsTest, LayersAreBounded) {
  std::string layers = "[\"flatten\"";
  for (int i = 1; i < 1000; ++i) layers += ",\"flatten\"";
  EXPECT_THAT(Check(layers + "]").faults, IsEmpty());
  EXPECT_THAT(Check(layers + ",\"flatten\"]").faults, ElementsAre("model: 1001 layers; at most 1000 may stand"));
  EXPECT_THAT(Check("[]").faults,
              ElementsAre(HasSubstr("model: an empty sequence; a sequence of layers is wanted")));
}

TEST(FaultTest, AStatusNamesEachFaultALine) {
  EXPECT_TRUE(ToStatus({}).ok());
  EXPECT_EQ(ToStatus({{"", "nothing"}, {"a.b", "wrong"}}), absl::InvalidArgumentError("nothing\na.b: wrong"));
  const Faults many(1000, Fault{"a", std::string(100, 'x')});
  EXPECT_EQ(ToStatus(many).message().size(), 1000U * 104 - 1);
}

}  // namespace
}  // namespace hpsearch::model
