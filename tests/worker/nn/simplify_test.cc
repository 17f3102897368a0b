// What is left of a network's layers when it runs, and who reads whom then.
#include "worker/nn/simplify.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/model/json.h"

namespace hpsearch::nn {
namespace {

using testing::ElementsAre;

// "name(input,...)", and the activation of a layer that has its own.
std::vector<std::string> Simplified(const std::string& layers) {
  model::Faults faults;
  const model::Network network = model::ReadNetwork(*model::FromJson("[" + layers + "]"), {4, 8, 8}, faults);
  EXPECT_TRUE(faults.empty()) << faults.front().path << ": " << faults.front().message;
  const std::vector<Placed> placed = Simplify(network);
  std::vector<std::string> lines;
  for (const Placed& each : placed) {
    std::string line = each.name + "(";
    for (const std::int64_t input : each.inputs) {
      if (line.back() != '(') line += ',';
      line += input == model::kNetworkInput ? "input" : placed[static_cast<std::size_t>(input)].name;
    }
    line += ")";
    const auto* dense = std::get_if<model::DenseLayer>(&each.layer);
    if (dense != nullptr && dense->activation == model::ActivationKind::kTanh) line += " tanh";
    if (dense != nullptr && dense->activation == model::ActivationKind::kSoftmax) line += " softmax";
    if (dense != nullptr && dense->activation == model::ActivationKind::kRelu) line += " relu";
    if (each.dropout.has_value()) {
      line += " dropout " + std::to_string(each.dropout->place) + ":" +
              std::to_string(each.dropout->rate).substr(0, 3);
    }
    lines.push_back(line);
  }
  return lines;
}

constexpr const char* kEnd = R"({"dense":{"units":3,"activation":"softmax","name":"end"}})";

TEST(Simplify, TakesAnActivationIntoTheLayerThatItStandsBehind) {
  EXPECT_THAT(Simplified(std::string(R"({"dense":{"units":5,"name":"a"}},{"activation":"tanh"},)") + kEnd),
              ElementsAre("a(input) tanh", "end(a)"));
  // Not the one before it in the file.
  EXPECT_THAT(Simplified(std::string(R"({"dense":{"units":5,"name":"a"}},
                  {"dense":{"units":5,"name":"b","input":"input"}},
                  {"activation":{"activation":"tanh","input":"a","name":"c"}},{"add":{"inputs":["b","c"]}},)") +
                         kEnd),
              ElementsAre("a(input) tanh", "b(input)", "add_1(b,a)", "end(add_1)"));
}

TEST(Simplify, LeavesItWhereAnotherReadsTheLayerToo) {
  EXPECT_THAT(Simplified(std::string(R"({"dense":{"units":5,"name":"a"}},{"activation":"tanh"},
                  {"add":{"inputs":["a","activation_1"]}},)") +
                         kEnd),
              ElementsAre("a(input)", "activation_1(a)", "add_1(a,activation_1)", "end(add_1)"));
  // Through what does nothing as well.
  EXPECT_THAT(Simplified(std::string(R"({"dense":{"units":5,"name":"a"}},{"dropout":0},{"activation":"tanh"},
                  {"flatten":{"input":"a"}},{"add":{"inputs":["flatten_1","activation_1"]}},)") +
                         kEnd),
              ElementsAre("a(input)", "activation_1(a)", "add_1(a,activation_1)", "end(add_1)"));
}

TEST(Simplify, TakesADropoutIntoTheReluThatItStandsBehind) {
  EXPECT_THAT(
      Simplified(std::string(R"({"dense":{"units":5,"name":"a","activation":"relu"}},{"dropout":0.5},)") + kEnd),
      ElementsAre("a(input) relu dropout 1:0.5", "end(a)"));
  EXPECT_THAT(
      Simplified(std::string(R"({"dense":{"units":5,"name":"a"}},{"activation":"relu"},{"dropout":0.3},)") + kEnd),
      ElementsAre("a(input) relu dropout 2:0.3", "end(a)"));
  // One of two; an activation behind it is not the dense's.
  EXPECT_THAT(
      Simplified(std::string(R"({"dense":{"units":5,"name":"a","activation":"relu"}},{"dropout":0.3},
                  {"dropout":0.5},{"activation":"tanh"},)") +
                 kEnd),
      ElementsAre("a(input) relu dropout 1:0.3", "dropout_2(a)", "activation_1(dropout_2)", "end(activation_1)"));
}

TEST(Simplify, LeavesADropoutWhereReluIsNotAllThatIsReadOrDone) {
  EXPECT_THAT(Simplified(std::string(R"({"dense":{"units":5,"name":"a","activation":"relu"}},{"dropout":0.5},
                  {"add":{"inputs":["a","dropout_1"]}},)") +
                         kEnd),
              ElementsAre("a(input) relu", "dropout_1(a)", "add_1(a,dropout_1)", "end(add_1)"));
  EXPECT_THAT(
      Simplified(std::string(R"({"dense":{"units":5,"name":"a","activation":"tanh"}},{"dropout":0.5},)") + kEnd),
      ElementsAre("a(input) tanh", "dropout_1(a)", "end(dropout_1)"));
}

TEST(Simplify, LeavesOutWhatDoesNothing) {
  EXPECT_THAT(Simplified(std::string(R"({"spatial_dropout2d":0},{"activation":"linear"},"flatten",
                  {"dense":{"units":5,"name":"a"}},"flatten",{"dropout":0},)") +
                         kEnd),
              ElementsAre("flatten_1(input)", "a(flatten_1)", "end(a)"));
}

TEST(Simplify, PutsAnActivationBehindWhereItsDerivativeIsNotOneOfDst) {
  EXPECT_THAT(Simplified(std::string(R"({"dense":{"units":5,"name":"a","activation":"gelu"}},
                  {"dense":{"units":5,"name":"b","input":"a"}},{"add":{"inputs":["a","b"]}},)") +
                         kEnd),
              ElementsAre("a(input)", "a(a)", "b(a)", "add_1(a,b)", "end(add_1)"));
}

TEST(Simplify, LeavesTheLastActivationToTheLoss) {
  EXPECT_THAT(Simplified(R"({"dense":{"units":5,"name":"a"}},{"dense":{"units":5,"name":"b","input":"input"}},
                  {"add":{"inputs":["a","b"]}},{"activation":"softmax"})"),
              ElementsAre("a(input)", "b(input)", "add_1(a,b)"));
}

}  // namespace
}  // namespace hpsearch::nn
