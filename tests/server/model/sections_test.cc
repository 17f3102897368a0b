#include "server/model/sections.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/model/json.h"

namespace hpsearch::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// What CheckSections made of a document with these sections.
struct Checked {
  Node document;
  std::vector<Usage> usages;
  std::vector<std::string> faults;  // "path: message"
  Faults raw;

  std::string Canonical(const char* section) const { return ToJson(*document.Find(section)); }
};

constexpr const char* kModel = R"([{"dense":{"units":10,"activation":"softmax"}}])";
constexpr const char* kTraining = R"({"epochs":1,"optimizer":"sgd"})";

Checked Check(const std::string& model, const std::string& training = kTraining,
              const std::string& dataset = R"("digits")") {
  Checked checked;
  checked.document =
      FromJson(R"({"dataset":)" + dataset + R"(,"model":)" + model + R"(,"training":)" + training + "}").value();
  checked.usages = CheckSections(checked.document, checked.raw);
  for (const Fault& fault : checked.raw) checked.faults.push_back(fault.path + ": " + fault.message);
  return checked;
}

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

TEST(SectionsTest, ALossMayStandWithItsArguments) {
  const auto with = [](const std::string& keys) {
    return Check(kModel, R"({"epochs":1,"optimizer":"sgd",)" + keys + "}");
  };
  const Checked flat = with(R"("loss":"cross_entropy","label_smoothing":0.1)");
  EXPECT_THAT(flat.Canonical("training"),
              HasSubstr(R"("loss":"cross_entropy","label_smoothing":0.1,"optimizer")"));
  const Checked nested = with(R"("loss":{"cross_entropy":{"label_smoothing":0.1}})");
  EXPECT_THAT(nested.faults, IsEmpty());
  EXPECT_EQ(nested.Canonical("training"), flat.Canonical("training"));
  EXPECT_EQ(with(R"("loss":{"cross_entropy":null})").Canonical("training"), Check(kModel).Canonical("training"));
  EXPECT_THAT(with(R"("loss":{"cross_entropy":{"label_smoothing":2}})").faults,
              ElementsAre("training.loss.cross_entropy.label_smoothing: 2 is out of range; a number in [0, 1) is "
                          "wanted"));
  EXPECT_THAT(with(R"("loss":{"mean_absolute_error":{}})").faults, ElementsAre(HasSubstr("not supported yet")));
  EXPECT_THAT(with(R"("loss":{"cross_entropy":{"label_smoothing":0.1}},"label_smoothing":0.2)").faults,
              ElementsAre(HasSubstr("it stands at the loss already")));
  const Checked reference = with(R"("loss":{"cross_entropy":{"label_smoothing":"$s"}})");
  EXPECT_THAT(reference.faults, IsEmpty());
  EXPECT_EQ(reference.usages.front().path, "training.loss.cross_entropy.label_smoothing");
}

TEST(SectionsTest, OptimizersAndSchedulesHaveKerasDefaults) {
  const auto training = [](const std::string& optimizer, const std::string& schedule) {
    const Checked checked =
        Check(kModel, R"({"epochs":3,"optimizer":)" + optimizer + R"(,"schedule":)" + schedule + "}");
    EXPECT_THAT(checked.faults, IsEmpty());
    Node document = checked.document;
    const Node& section = *document.Find("training");
    return ToJson(*section.Find("optimizer")) + ToJson(*section.Find("schedule"));
  };
  EXPECT_EQ(training(R"("adam")", R"({"step":{"epochs":2}})"),
            R"({"adam":{"learning_rate":0.001,"beta_1":0.9,"beta_2":0.999,"epsilon":1e-07}})"
            R"({"step":{"epochs":2,"factor":0.1}})");
  EXPECT_EQ(training(R"({"adamw":{"amsgrad":false}})", R"({"exponential":{"decay_rate":0.9,"decay_steps":100}})"),
            R"({"adamw":{"learning_rate":0.001,"weight_decay":0.004,"beta_1":0.9,"beta_2":0.999,"epsilon":1e-07}})"
            R"({"exponential":{"decay_rate":0.9,"decay_steps":100,"staircase":false}})");
  EXPECT_EQ(training(R"({"adadelta":{"clipvalue":1}})", R"("polynomial")"),
            R"({"adadelta":{"learning_rate":0.001,"rho":0.95,"epsilon":1e-07,"clipvalue":1.0}})"
            R"({"polynomial":{"final_factor":0.0,"power":1.0}})");
  EXPECT_EQ(training(R"("rmsprop")", R"({"cosine":{"epochs":"$e"}})"),
            R"({"rmsprop":{"learning_rate":0.001,"rho":0.9,"momentum":0.0,"epsilon":1e-07,"centered":false}})"
            R"({"cosine":{"epochs":"$e","warmup_epochs":0,"final_factor":0.0}})");
  EXPECT_EQ(training(R"("sgd")", R"("reduce_on_plateau")"),
            R"({"sgd":{"learning_rate":0.01,"momentum":0.0,"nesterov":false}})"
            R"({"reduce_on_plateau":{"monitor":"validation_loss","factor":0.1,"patience":10,"min_delta":0.0001,)"
            R"("cooldown":0,"min_lr":0.0}})");
}

TEST(SectionsTest, DomainsOfTrainingAreTheContracts) {
  const auto fault = [](const std::string& optimizer, const std::string& more = "") {
    const Checked checked = Check(kModel, R"({"epochs":3,"optimizer":)" + optimizer + more + "}");
    return checked.faults.size() == 1 ? checked.faults[0] : std::to_string(checked.faults.size()) + " faults";
  };
  EXPECT_THAT(fault(R"({"adam":{"learning_rate":0}})"), HasSubstr("adam.learning_rate: 0 is out of range"));
  EXPECT_THAT(fault(R"({"adam":{"beta_2":1}})"), HasSubstr("a number in [0, 1) is wanted"));
  EXPECT_THAT(fault(R"({"adamw":{"weight_decay":-1}})"), HasSubstr("a number from 0 is wanted"));
  EXPECT_THAT(fault(R"({"adam":{"weight_decay":1}})"), HasSubstr("'weight_decay' is not supported yet"));
  EXPECT_THAT(fault(R"({"adam":{"amsgrad":true}})"), HasSubstr("amsgrad: true is not supported yet"));
  EXPECT_THAT(fault(R"({"sgd":{"clipnorm":0}})"), HasSubstr("a number above 0 is wanted"));
  EXPECT_EQ(fault(R"({"sgd":{"global_clipnorm":1,"clipnorm":2}})"),
            "training.optimizer.sgd.global_clipnorm: 'global_clipnorm' stands beside 'clipnorm'; one bound on "
            "gradients is wanted");
  EXPECT_THAT(fault(R"("sgd")", R"(,"label_smoothing":1)"), HasSubstr("a number in [0, 1) is wanted"));
  EXPECT_THAT(fault(R"("sgd")", R"(,"schedule":{"reduce_on_plateau":{"monitor":"val_loss"}})"),
              HasSubstr("unknown monitor 'val_loss'"));
  EXPECT_THAT(fault(R"("sgd")", R"(,"schedule":{"cosine":{"final_factor":2}})"),
              HasSubstr("a number in [0, 1] is wanted"));
  EXPECT_THAT(fault(R"("sgd")", R"(,"loss":"mean_absolute_error")"), HasSubstr("not supported yet"));
}

TEST(SectionsTest, PenaltiesTakeParameters) {
  const Checked checked =
      Check(R"([{"dense":{"units":10,"activation":"softmax","kernel_regularizer":{"l1":"$a","l2":-1,"l3":1}}}])");
  EXPECT_THAT(
      checked.faults,
      ElementsAre(HasSubstr("model[0].dense.kernel_regularizer.l3: unknown key of kernel_regularizer 'l3'"),
                  "model[0].dense.kernel_regularizer.l2: -1 is out of range; a number from 0 is wanted"));
  ASSERT_EQ(checked.usages.size(), 1U);
  EXPECT_EQ(checked.usages[0].path, "model[0].dense.kernel_regularizer.l1");
  EXPECT_EQ(checked.usages[0].rule.domain.ToString(), "[0, inf)");
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
TEST(SectionsTest, HowRowsAreSplitAndSeenIsWrittenAsItStands) {
  const Checked checked = Check(kModel, R"({"epochs":1,"optimizer":"sgd","validation_from":"stratified"})",
                                R"({"name":"digits","test_fraction":0.2,"normalize":"standardize"})");
  EXPECT_THAT(checked.faults, IsEmpty());
  EXPECT_EQ(checked.Canonical("dataset"), R"({"name":"digits","normalize":"standardize","test_fraction":0.2})");
  EXPECT_THAT(checked.Canonical("training"), HasSubstr(R"("validation_from":"stratified")"));
  Faults faults;
  const auto spec = ReadDataset(*checked.document.Find("dataset"), faults);
  EXPECT_EQ(spec.normalize, Normalize::kStandardize);
  EXPECT_EQ(spec.test_fraction, 0.2);
  EXPECT_EQ(ReadTraining(*checked.document.Find("training"), faults).validation_from, ValidationFrom::kStratified);
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_THAT(
      Check(kModel, R"({"epochs":1,"optimizer":"sgd","validation_from":"first"})",
            R"({"name":"digits","test_fraction":1,"normalize":"minmax"})")
          .faults,
      ElementsAre(HasSubstr("dataset.normalize: unknown normalize 'minmax'; there are: none, unit"),
                  HasSubstr("dataset.test_fraction: 1 is out of range; a number in [0, 1) is wanted"),
                  HasSubstr("training.validation_from: unknown validation_from 'first'; there are: last,")));
}

TEST(SectionsTest, ColumnsAreNamedByNameOrIndex) {
  const Checked checked = Check(
      kModel, kTraining, R"({"name":"t","target":2.0,"header":true,"drop":"id","categorical":[0,"$$a","b"]})");
  EXPECT_THAT(checked.faults, IsEmpty());
  EXPECT_EQ(checked.Canonical("dataset"),
            R"({"name":"t","target":2,"header":true,"drop":["id"],"categorical":[0,"$$a","b"]})");
  Faults faults;
  const auto spec = ReadDataset(
      FromJson(R"({"name":"t","target":-1,"header":false,"drop":["id"],"categorical":[0,"$a"]})").value(), faults);
  EXPECT_THAT(faults, IsEmpty());
  EXPECT_EQ(spec.target, Column(-1));
  EXPECT_EQ(spec.header, false);
  EXPECT_THAT(spec.drop, ElementsAre(Column("id")));
  EXPECT_THAT(spec.categorical, ElementsAre(Column(0), Column("$a")));
  EXPECT_TRUE(spec.MapsColumns());
}

TEST(SectionsTest, WhatIsNoColumnIsRefused) {
  const auto faults = [](const std::string& keys) {
    return Check(kModel, kTraining, R"({"name":"t",)" + keys + "}").faults;
  };
  EXPECT_THAT(faults(R"("target":1.5)"),
              ElementsAre(HasSubstr("dataset.target: 1.5; a column's name, or its index")));
  EXPECT_THAT(
      faults(R"("target":"$c")"),
      ElementsAre(HasSubstr("dataset.target: a data set that depends on a parameter ($c) is not supported")));
  EXPECT_THAT(faults(R"("header":"yes")"), ElementsAre(HasSubstr("dataset.header: 'yes' is text; true or false")));
  EXPECT_THAT(faults(R"("drop":[])"),
              ElementsAre(HasSubstr("dataset.drop: an empty sequence; a sequence of col")));
  EXPECT_THAT(faults(R"("drop":{"a":1})"), ElementsAre(HasSubstr("dataset.drop: a mapping stands there")));
  EXPECT_THAT(faults(R"("categorical":["a",3,"a"])"),
              ElementsAre(HasSubstr("dataset.categorical[2]: this column stands there twice")));
  EXPECT_THAT(faults(R"("drop":[[1]])"), ElementsAre(HasSubstr("dataset.drop[0]: a sequence stands there")));
  EXPECT_EQ(Check(kModel, kTraining, R"({"name":"t","drop":["$p"]})").usages.size(), 1U);
}

TEST(SectionsTest, IndicesAreHeldAgainstATablesColumns) {
  const DatasetSpec spec = {.target = -4, .drop = {Column(2), Column(3)}, .categorical = {Column("x")}};
  Faults faults;
  CheckTable(spec, {.sample = {3}, .table = true}, faults);
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].path, "dataset.target");
  EXPECT_EQ(faults[0].message, "there is no column -4; the data set has 0 to 2");
  EXPECT_EQ(faults[1].path, "dataset.drop[1]");
}

TEST(SectionsTest, APathMayBeginWithADollar) {
  const auto path = [](const std::string& text) {
    return Check(kModel, kTraining, R"({"path":")" + text + R"("})").Canonical("dataset");
  };
  EXPECT_EQ(path("$$mine"), R"({"path":"./$mine"})");
  EXPECT_EQ(path("./$$mine"), R"({"path":"./$$mine"})");
}

TEST(SectionsTest, ASwitchIsOfALaterVersionWhereverItStands) {
  for (const Checked& checked :
       {Check(R"([{"dense":{"units":{"switch":"$p","a":8,"b":9}}}])"),
        Check(R"([{"a":{"dense":8},"switch":"$p"}])"),
        Check(kModel, R"({"epochs":1,"optimizer":{"sgd":{},"switch":"$p"}})"),
        Check(kModel, R"({"epochs":1,"optimizer":"sgd","schedule":{"switch":"$p","a":{"time_decay":1}}})")}) {
    ASSERT_FALSE(checked.faults.empty());
    EXPECT_THAT(checked.faults[0], AllOf(HasSubstr(".switch: "), HasSubstr("not supported yet")));
  }
}

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
      R"([{"denes":{"units":"$a"}},{"dense":{"unit":10,"activation":"rellu","max_norm":0}},{"concatenate":{"axis":"$b"}},)"
      R"({"dropout":{"rate":1}},{"dense":{"units":"10","activation":"softmax"}}])",
      R"({"epochs":0,"batch_size":[1],"optimizer":{"nadam":{}},"schedul":1,"threads":2})",
      R"({"name":"../x","target":true})");
  EXPECT_THAT(
      checked.faults,
      ElementsAre(
          HasSubstr("dataset.target: true; a column's name, or its index"),
          HasSubstr("dataset.name: '../x' is text and no name"),
          AllOf(
              HasSubstr("model[0].denes: unknown layer 'denes'; there are: dense, dropout, activation, flatten, "),
              HasSubstr("; did you mean 'dense'?")),
          HasSubstr("model[1].dense.unit: unknown key of dense 'unit'; there are: name, units,"),
          HasSubstr("model[1].dense.activation: unknown activation 'rellu'; there are: linear, relu, leaky_relu, "
                    "elu, gelu, swish, tanh, sigmoid, softplus, softmax; did you mean 'relu'?"),
          "model[1].dense.max_norm: 0 is out of range; a number above 0 is wanted",
          HasSubstr(
              "model[2].concatenate: layer 'concatenate' is not supported yet by this version; there are: dense"),
          "model[3].dropout.rate: 1 is out of range; a number in [0, 1) is wanted",
          "model[4].dense.units: '10' is text; an integer from 1 to 1,048,576 is wanted",
          HasSubstr("training.schedul: unknown key of training 'schedul'"),
          "training.threads: 2 is not supported yet by this version; there is: 1",
          "training.epochs: 0 is out of range; an integer from 1 to 1,000,000 is wanted",
          "training.batch_size: a sequence stands there; an integer from 1 to 1,048,576 is wanted",
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

TEST(SectionsTest, ADataSetDependsOnNoParameterYet) {
  const Checked checked = Check(kModel, kTraining, R"({"name":"$set","classes":["$a",1]})");
  EXPECT_THAT(checked.faults,
              ElementsAre(HasSubstr("dataset.name: a data set that depends on a parameter ($set)"),
                          HasSubstr("dataset.classes[0]: a data set that depends on a parameter")));
  EXPECT_EQ(checked.usages.size(), 2U);
}

TEST(SectionsTest, ClassesAreAtLeastTwoDifferentLabels) {
  const auto faults = [](const char* classes) {
    return Check(kModel, kTraining, std::string(R"({"name":"digits","classes":)") + classes + "}").faults;
  };
  EXPECT_THAT(faults("[3,8]"), IsEmpty());
  EXPECT_THAT(faults("[3,8,3]"), ElementsAre("dataset.classes[2]: the class 3 stands there twice"));
  EXPECT_THAT(faults("[3]"), ElementsAre(HasSubstr("dataset.classes: one class alone")));
  EXPECT_THAT(faults("[]"), ElementsAre(HasSubstr("an empty sequence")));
  EXPECT_THAT(faults("[0,256]"), ElementsAre(HasSubstr("dataset.classes[1]: 256 is out of range")));
  EXPECT_THAT(faults("3"), ElementsAre(HasSubstr("a sequence, each item an integer from 0 to 255, is wanted")));
}

TEST(SectionsTest, ANameIsNoPath) {
  for (const char* name : {"a/b", "..", ".hidden", "/etc"}) {
    EXPECT_THAT(Check(kModel, kTraining, std::string("\"") + name + "\"").faults,
                ElementsAre(HasSubstr("and no name")))
        << name;
  }
  EXPECT_THAT(Check(kModel, kTraining, R"({"name":"a","path":"b"})").faults,
              ElementsAre(HasSubstr("a name or a path, not both")));
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
