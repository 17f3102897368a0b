#include "proto/codec/document_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <string>
#include <vector>

#include "hpsearch/v1/study.pb.h"
#include "hpsearch/v1/worker_service.pb.h"
#include "server/model/json.h"
#include "server/model/key_check.h"
#include "server/model/layer_rules.h"
#include "server/model/section_check.h"
#include "server/stopping/registry.h"
#include "server/study/spec.h"
#include "tests/proto/codec/documents.h"

namespace hpsearch::codec {
namespace {

using model::Node;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

Node Json(const std::string& text) {
  absl::StatusOr<Node> node = model::FromJson(text);
  EXPECT_TRUE(node.ok()) << node.status();
  return node.ok() ? *node : Node();
}

v1::StudySpec Message(const std::string& json) {
  v1::StudySpec message;
  const absl::Status status = FromDocument(Json(json), &message);
  EXPECT_TRUE(status.ok()) << status;
  return message;
}

absl::Status FaultOf(const std::string& json) {
  v1::StudySpec message;
  return FromDocument(Json(json), &message);
}

constexpr char kStudy[] = R"({
  "study": "fashion-mlp", "dataset": "fashion-mnist", "seed": 7,
  "model": [{"dropout": {"rate": 0.0}},
            {"dense": {"units": 128, "activation": "relu", "max_norm": "$max_norm"}},
            {"flatten": {}},
            {"dense": {"units": 10, "activation": "softmax"}}],
  "training": {"epochs": 10, "optimizer": {"sgd": {"learning_rate": "$learning_rate", "momentum": 0}},
               "schedule": {"time_decay": {"rate": "$decay"}}},
  "parameters": {"learning_rate": {"logspace": {"start": -3, "stop": 0, "num": 4}, "bounds": [1e-5, 2]},
                 "max_norm": {"values": [1, 2.5]},
                 "decay": 0.0001},
  "search": {"grid": {}, "refine": {"rounds": 3}},
  "limits": {"max_failed_trials": 0}
})";

// The canonical specification that arrives where the message is sent; else what is wrong.
std::string ReadBack(const v1::StudySpec& message) {
  v1::StudySpec received;
  if (!received.ParseFromString(message.SerializeAsString())) return "no message";
  const absl::StatusOr<Node> document = ToDocument(received);
  if (!document.ok()) return document.status().ToString();
  model::Faults faults;
  const auto spec = study::ReadSpec(*document, nullptr, faults);
  return spec == nullptr ? model::ToStatus(faults).ToString() : spec->canonical;
}

TEST(DocumentCodec, SpellsAStudyInItsMessages) {
  const v1::StudySpec study = Message(kStudy);
  EXPECT_EQ(study.dataset().name().value(), "fashion-mnist");
  ASSERT_EQ(study.model_size(), 4);
  EXPECT_EQ(study.model(1).dense().units().value(), 128);
  EXPECT_EQ(study.model(1).dense().max_norm().parameter(), "max_norm");
  EXPECT_TRUE(study.model(2).has_flatten());
  EXPECT_FALSE(study.model(3).dense().has_use_bias());
  // An integer where a number stands.
  EXPECT_TRUE(study.training().optimizer().sgd().has_momentum());
  EXPECT_EQ(study.training().optimizer().sgd().momentum().value(), 0);
  ASSERT_EQ(study.parameters_size(), 3);
  EXPECT_EQ(study.parameters(0).name(), "learning_rate");
  EXPECT_EQ(study.parameters(0).logspace().stop(), 0);
  EXPECT_TRUE(study.parameters(0).logspace().has_stop());
  EXPECT_EQ(study.parameters(0).bounds(1), 2);
  EXPECT_EQ(study.parameters(1).values().values(0).integer(), 1);
  EXPECT_EQ(study.parameters(2).constant().number(), 0.0001);
  EXPECT_TRUE(study.limits().has_max_failed_trials());
  EXPECT_TRUE(study.search().has_grid());
}

TEST(DocumentCodec, ACanonicalStudyKeepsItsMeaning) {
  model::Faults faults;
  const auto spec = study::ReadSpec(Json(kStudy), nullptr, faults);
  ASSERT_NE(spec, nullptr) << model::ToStatus(faults);
  v1::StudySpec message;
  ASSERT_TRUE(FromDocument(spec->document, &message).ok());
  EXPECT_EQ(ReadBack(message), spec->canonical);
}

constexpr char kConditional[] = R"({
  "study": "deep", "dataset": "fashion-mnist",
  "model": [{"repeat": {"times": "$n", "layers": [{"dense": {"units": "$units", "max_norm": "$norm"}}]}},
            {"switch": "$end", "plain": [], "2": [{"dropout": 0.5}, "flatten"]},
            {"dense": {"units": {"switch": "$end", "plain": 10, "2": 12}, "activation": "softmax"}}],
  "training": {"epochs": 10, "optimizer": {"switch": "$optimizer", "a": "adam", "s": {"sgd": {"momentum": "$m"}}},
               "schedule": {"switch": "$optimizer", "a": null, "s": {"time_decay": {"rate": 0.1}}}},
  "parameters": {"n": {"values": [0, 1, 2]}, "units": {"values": [16, 32], "per": "n"},
                 "end": {"values": ["plain", 2]}, "optimizer": {"values": ["a", "s"]},
                 "m": {"linspace": {"start": 0, "stop": 0.5, "num": 2}, "when": {"n": {"min": 1}, "end": ["plain"]}},
                 "norm": {"values": [2], "when": {"optimizer": "a"}}}})";

TEST(DocumentCodec, BranchesAndConditionsKeepTheirMeaning) {
  model::Faults faults;
  const auto spec = study::ReadSpec(Json(kConditional), nullptr, faults);
  ASSERT_NE(spec, nullptr) << model::ToStatus(faults);
  for (const Node& sent : {spec->document, Json(kConditional)}) {
    v1::StudySpec message;
    ASSERT_TRUE(FromDocument(sent, &message).ok()) << FromDocument(sent, &message);
    EXPECT_EQ(message.model(0).repeat().times().parameter(), "n");
    EXPECT_EQ(message.model(1).switch_().parameter(), "end");
    EXPECT_EQ(message.parameters(4).when_size(), 2);
    EXPECT_EQ(message.parameters(1).per(), "n");
    EXPECT_EQ(ReadBack(message), spec->canonical);
  }
}

TEST(DocumentCodec, ADataSetsParametersAndBranchesKeepTheirMeaning) {
  for (
      const char* dataset :
      {R"({"name":"$d","classes":[3,"$k"],"target":"$t","header":"$h","drop":["$d","$$id","$",2],"normalize":"$n","test_fraction":"$f"})",
       R"({"name":{"switch":"$a","x":"d","y":"$d"},"target":{"switch":"$a","x":2,"y":"kind"},"categorical":[{"switch":"$a","x":"c","y":-1}]})",
       R"({"switch":"$a","x":{"name":"d"},"y":{"path":"./e","drop":["id"]}})"}) {
    const v1::StudySpec message = Message(std::string(R"({"dataset":)") + dataset + "}");
    v1::StudySpec received;
    ASSERT_TRUE(received.ParseFromString(message.SerializeAsString()));
    const absl::StatusOr<Node> document = ToDocument(received);
    ASSERT_TRUE(document.ok()) << document.status();
    EXPECT_EQ(model::ToJson(*document->Find("dataset")), dataset);
  }
  EXPECT_EQ(Message(R"({"dataset":{"name":"d","target":"$t"}})").dataset().target().parameter(), "t");
  EXPECT_EQ(Message(R"({"dataset":{"name":"d","target":2.0}})").dataset().target().number(), 2);
  EXPECT_THAT(FaultOf(R"({"dataset":{"name":"d","target":true}})").message(),
              HasSubstr("dataset.target: true is a truth value; a column's name or index is wanted"));
  v1::StudySpec both = Message(R"({"dataset":{"switch":"$a","x":"d"}})");
  both.mutable_dataset()->mutable_name()->set_value("e");
  EXPECT_THAT(ToDocument(both).status().message(), HasSubstr("`switch` and other keys"));
  v1::StudySpec text = Message(R"({"dataset":{"name":"d"}})");
  text.mutable_dataset()->mutable_target()->set_text("$t");
  EXPECT_THAT(ToDocument(text).status().message(), HasSubstr("'$t' in `text` would read as a reference"));
}

TEST(DocumentCodec, RangesAreSpelled) {
  const v1::StudySpec study = Message(R"({"parameters": {"x": {"range": {"low": 0, "high": 1, "scale": "log"}},
                                 "n": {"int_range": {"low": 1, "high": 9}}}})");
  EXPECT_EQ(study.parameters(0).range().scale(), "log");
  EXPECT_EQ(study.parameters(1).int_range().high(), 9);
  EXPECT_EQ(*ToDocument(study)->Find("parameters"),
            Json(R"({"x": {"range": {"low": 0.0, "high": 1.0, "scale": "log"}},
                                                             "n": {"int_range": {"low": 1, "high": 9}}})"));
}

TEST(DocumentCodec, PointsByHandAreSpelled) {
  const std::string points = R"([{"x": 0.5, "kind": "a", "on": true, "n": 3, "none": null}, {}])";
  v1::StudySpec study = Message(R"({"search": {"random": {"trials": 9}, "enqueue": )" + points + "}}");
  EXPECT_EQ(study.search().enqueue(0).values(1).value().text(), "a");
  EXPECT_EQ(*ToDocument(study)->Find("search")->Find("enqueue"), Json(points));
  *study.mutable_search()->mutable_enqueue(0)->add_values() = study.search().enqueue(0).values(0);
  EXPECT_THAT(std::string(ToDocument(study).status().message()), StartsWith("search.enqueue[0].x: stands twice"));
  EXPECT_THAT(std::string(FaultOf(R"({"search": {"enqueue": [{"x": [1]}]}})").message()),
              StartsWith("search.enqueue[0].x: "));
  EXPECT_THAT(std::string(FaultOf(R"({"search": {"enqueue": [1]}})").message()),
              StartsWith("search.enqueue[0]: "));
}

TEST(DocumentCodec, SaysWhatIsWrongWithBranches) {
  EXPECT_THAT(std::string(FaultOf(R"({"model": [{"switch": "p", "a": "flatten"}]})").message()),
              StartsWith("model[0].switch: "));
  EXPECT_THAT(
      std::string(FaultOf(R"({"parameters": {"x": {"values": [1], "when": {"p": {"values": [1]}}}}})").message()),
      StartsWith("parameters.x.when.p.values: unknown key"));
  v1::StudySpec twice;
  twice.add_model()->mutable_switch_()->set_parameter("p");
  twice.mutable_model(0)->mutable_switch_()->add_branches()->set_key("a");
  twice.mutable_model(0)->mutable_switch_()->add_branches()->set_key("a");
  EXPECT_THAT(std::string(ToDocument(twice).status().message()), StartsWith("model[0].a: stands twice"));
}

TEST(DocumentCodec, AnyDocumentComesBack) {
  EXPECT_TRUE(rc::check("document -> message -> bytes -> message -> document", [] {
    const Node document = testing::AnyStudy();
    v1::StudySpec message;
    RC_ASSERT(FromDocument(document, &message).ok());
    v1::StudySpec received;
    RC_ASSERT(received.ParseFromString(message.SerializeAsString()));
    const absl::StatusOr<Node> back = ToDocument(received);
    RC_ASSERT(back.ok());
    RC_ASSERT(model::ToJson(*back) == model::ToJson(document));
  }));
}

// Every kind of layer with all of its keys, as the tables have them: no field is forgotten.
TEST(DocumentCodec, EveryLayerKeepsItsMeaning) {
  Node model = Json(R"([
      {"conv2d":{"filters":"$n","kernel_size":["$k",3],"strides":2,"padding":"same","dilation_rate":[1,2],"groups":1,
                 "activation":"gelu","use_bias":false,"kernel_initializer":"he_normal","max_norm":2,"name":"first"}},
      {"max_pooling2d":{"pool_size":[2,3],"strides":1,"padding":"same"}}, "average_pooling2d",
      {"batch_normalization":{"momentum":0.9,"epsilon":0.01,"center":false,"scale":false,"trainable":false}},
      {"leaky_relu":0.1}, "elu", "global_average_pooling2d", "flatten", {"activation":"swish"}, {"dropout":0.5},
      {"spatial_dropout2d":{"rate":"$r","input":"first"}}, {"reshape":{"target_shape":[-1,"$n"],"input":"first"}},
      {"add":{"inputs":["first","reshape_1"]}}, {"concatenate":{"name":"all","inputs":["add_1","$n","input"]}},
      {"dense":{"units":3,"activation":"softmax","max_norm":1}}])");
  model::Faults faults;
  std::vector<model::Usage> usages;
  model::KeyChecker checker(faults, &usages);
  model::CheckModel(model, checker);
  ASSERT_TRUE(faults.empty()) << faults.front().path << ": " << faults.front().message;
  const Node document = Node::Mapping{{"model", model}};
  v1::StudySpec message;
  ASSERT_TRUE(FromDocument(document, &message).ok());
  EXPECT_EQ(message.model_size(), static_cast<int>(model::LayerRules().kinds.size()));
  const absl::StatusOr<Node> back = ToDocument(message);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(model::ToJson(*back), model::ToJson(document));
}

// Every rule with all of its keys, likewise.
TEST(DocumentCodec, EveryStoppingRuleKeepsItsMeaning) {
  Node::Sequence rules;
  for (const stopping::Kind& kind : stopping::Kinds()) {
    Node::Mapping settings;
    for (const model::KeyRule& key : kind.keys.keys) {
      const bool whole = key.type == model::KeyType::kInteger;
      settings.push_back({key.key, whole ? Node(7) : Node(0.5)});
    }
    rules.push_back(Node::Mapping{{kind.keys.name, std::move(settings)}});
  }
  const Node document = Node::Mapping{{"stopping", std::move(rules)}};
  v1::StudySpec message;
  const absl::Status spelt = FromDocument(document, &message);
  ASSERT_TRUE(spelt.ok()) << spelt;
  const absl::StatusOr<Node> back = ToDocument(message);
  ASSERT_TRUE(back.ok()) << back.status();
  EXPECT_EQ(model::ToJson(*back), model::ToJson(document));
}

TEST(DocumentCodec, ALeaseIsFilledAndReadBySections) {
  v1::Lease lease;
  lease.set_study("kept");
  ASSERT_TRUE(
      FromDocument(Json(R"({"model": [{"dropout": {"rate": 0.5}}], "training": {"epochs": 3}})"), &lease).ok());
  EXPECT_EQ(lease.study(), "kept");
  const absl::StatusOr<Node> document = ToDocument(lease);
  ASSERT_TRUE(document.ok());
  EXPECT_EQ(*document->Find("model"), Json(R"([{"dropout": {"rate": 0.5}}])"));
}

TEST(DocumentCodec, LiteralDollarsStay) {
  const v1::StudySpec study = Message(R"({"dataset": {"name": "$$set"}, "training": {"loss": "$loss"}})");
  EXPECT_EQ(study.dataset().name().value(), "$$set");
  EXPECT_EQ(study.training().loss().parameter(), "loss");
}

TEST(DocumentCodec, NullIsUnset) {
  const v1::StudySpec study =
      Message(R"({"dataset": null, "parameters": {"x": null}, "limits": {"max_seconds": null}})");
  EXPECT_FALSE(study.has_dataset());
  EXPECT_FALSE(study.limits().has_max_seconds());
  EXPECT_EQ(study.parameters(0).constant().kind_case(), v1::Scalar::KIND_NOT_SET);
}

TEST(DocumentCodec, NamesTheKeyOfAFault) {
  EXPECT_THAT(std::string(FaultOf(R"({"model": [{"dense": {"unit": 3}}]})").message()),
              AllOf(StartsWith("model[0].dense.unit: "), HasSubstr("units")));
  EXPECT_THAT(std::string(FaultOf(R"({"model": [{"dense": {"units": "128"}}]})").message()),
              AllOf(StartsWith("model[0].dense.units: "), HasSubstr("'128' is text"), HasSubstr("an integer")));
  EXPECT_THAT(std::string(FaultOf(R"({"model": {"dense": {}}})").message()), StartsWith("model: a mapping"));
  EXPECT_THAT(std::string(FaultOf(R"({"model": [{"dense": {}, "dropout": {}}]})").message()),
              StartsWith("model[0]: "));
  EXPECT_THAT(std::string(FaultOf(R"({"model": [{"conv9d": {}}]})").message()), HasSubstr("dropout"));
  EXPECT_THAT(std::string(FaultOf(R"({"training": {"epochs": 1.5}})").message()),
              StartsWith("training.epochs: 1.5"));
  EXPECT_THAT(std::string(FaultOf(R"({"parameters": {"x": {"constant": 1}}})").message()),
              StartsWith("parameters.x.constant: unknown key"));
  EXPECT_THAT(std::string(FaultOf(R"({"parameters": {"x": {"logspace": {"num": true}}}})").message()),
              StartsWith("parameters.x.logspace.num: "));
}

TEST(DocumentCodec, RefusesMessagesThatNoDocumentSpells) {
  v1::StudySpec empty_layer;
  empty_layer.add_model();
  EXPECT_THAT(std::string(ToDocument(empty_layer).status().message()),
              AllOf(StartsWith("model[0]: "), HasSubstr("dense")));

  v1::StudySpec twice;
  twice.add_parameters()->set_name("x");
  twice.add_parameters()->set_name("x");
  EXPECT_THAT(std::string(ToDocument(twice).status().message()), StartsWith("parameters.x: stands twice"));

  v1::StudySpec value;
  value.mutable_dataset()->mutable_name()->set_value("$set");
  EXPECT_THAT(std::string(ToDocument(value).status().message()), StartsWith("dataset.name: '$set'"));

  v1::StudySpec parameter;
  parameter.mutable_dataset()->mutable_name()->set_parameter("$set");
  EXPECT_EQ(ToDocument(parameter).status().code(), absl::StatusCode::kInvalidArgument);
}

// A newer client may ask for what this version does not know; training something else in silence would be worse.
TEST(DocumentCodec, RefusesFieldsOfAnotherVersion) {
  v1::StudySpec study = Message(kStudy);
  v1::Sgd* sgd = study.mutable_training()->mutable_optimizer()->mutable_sgd();
  sgd->GetReflection()->MutableUnknownFields(sgd)->AddVarint(99, 1);
  v1::StudySpec received;
  ASSERT_TRUE(received.ParseFromString(study.SerializeAsString()));
  EXPECT_THAT(std::string(ToDocument(received).status().message()),
              AllOf(StartsWith("training.optimizer.sgd: "), HasSubstr("99")));
}

}  // namespace
}  // namespace hpsearch::codec
