#include "server/model/json.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cstring>
#include <limits>
#include <string>
#include <vector>

namespace hpsearch::model {
namespace {

using ::testing::HasSubstr;

// A finite double of any exponent and sign: most random bits are one.
rc::Gen<double> AnyNumber() {
  return rc::gen::suchThat(rc::gen::map(rc::gen::arbitrary<std::uint64_t>(),
                                        [](std::uint64_t bits) {
                                          double number = 0;
                                          std::memcpy(&number, &bits, sizeof number);
                                          return number;
                                        }),
                           [](double number) { return std::isfinite(number); });
}

rc::Gen<std::string> AnyText() { return rc::gen::container<std::string>(rc::gen::inRange<char>(0, 127)); }

rc::Gen<Node> AnyNode(int depth) {
  const rc::Gen<Node> scalar = rc::gen::oneOf(
      rc::gen::just(Node()), rc::gen::map(rc::gen::arbitrary<bool>(), [](bool b) { return Node(b); }),
      rc::gen::map(rc::gen::arbitrary<std::int64_t>(), [](std::int64_t i) { return Node(i); }),
      rc::gen::map(AnyNumber(), [](double d) { return Node(d); }),
      rc::gen::map(AnyText(), [](std::string s) { return Node(std::move(s)); }));
  if (depth == 0) return scalar;
  const rc::Gen<Node> sequence =
      rc::gen::map(rc::gen::resize(4, rc::gen::container<Node::Sequence>(AnyNode(depth - 1))),
                   [](Node::Sequence items) { return Node(std::move(items)); });
  const rc::Gen<Node> mapping =
      rc::gen::map(rc::gen::resize(4, rc::gen::container<std::vector<std::pair<std::string, Node>>>(
                                          rc::gen::pair(AnyText(), AnyNode(depth - 1)))),
                   [](const std::vector<std::pair<std::string, Node>>& entries) {
                     Node node{Node::Mapping()};
                     for (const auto& [key, value] : entries) node.Set(key, value);  // a key once
                     return node;
                   });
  return rc::gen::oneOf(scalar, sequence, mapping);
}

std::string Fault(const std::string& json) {
  const auto node = FromJson(json);
  EXPECT_FALSE(node.ok()) << json;
  EXPECT_EQ(node.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(node.status().message());
}

TEST(JsonTest, AnyDocumentSurvivesTheWayThereAndBack) {
  EXPECT_TRUE(rc::check([] {
    const Node node = *AnyNode(3);
    const std::string json = ToJson(node);
    const auto back = FromJson(json);
    RC_ASSERT(back.ok());
    RC_ASSERT(*back == node);
    RC_ASSERT(ToJson(*back) == json);
  }));
}

TEST(JsonTest, NumbersKeepTheirBits) {
  EXPECT_TRUE(rc::check([] {
    const double number = *AnyNumber();
    const auto back = FromJson(ToJson(Scalar(number)));
    RC_ASSERT(back.ok());
    const double read = std::get<double>(back->scalar());
    RC_ASSERT(std::memcmp(&read, &number, sizeof number) == 0);
  }));
}

TEST(JsonTest, NumbersStayNumbersAndIntegersIntegers) {
  EXPECT_EQ(ToJson(Node::Sequence{1, 1.0, -0.0, 1e300, 0.1, 1e-4}), "[1,1.0,-0.0,1e+300,0.1,0.0001]");
  EXPECT_EQ(*FromJson("[1, 1.0, 1e0]"), Node(Node::Sequence{1, 1.0, 1.0}));
}

TEST(JsonTest, WhatIsNotFiniteIsNull) {
  EXPECT_EQ(ToJson(Scalar(std::numeric_limits<double>::quiet_NaN())), "null");
  EXPECT_EQ(ToJson(Scalar(-std::numeric_limits<double>::infinity())), "null");
}

TEST(JsonTest, KeepsTheOrderOfKeys) {
  const Node node = Node::Mapping{{"b", 1}, {"a", Node::Mapping{{"z", "x\"\n"}, {"y", Node()}}}};
  EXPECT_EQ(ToJson(node), R"({"b":1,"a":{"z":"x\"\n","y":null}})");
  EXPECT_EQ(*FromJson(ToJson(node)), node);
}

TEST(JsonTest, TextThatIsNoUtf8IsWrittenAllTheSame) { EXPECT_EQ(ToJson(Scalar("a\xff")), "\"a\xEF\xBF\xBD\""); }

TEST(JsonTest, RefusesWhatIsNotJson) {
  for (const char* json : {"", "{", "[1,]", "nan", "{\"a\":1} x", "'a'", "[1e999]", "\"\xff\""}) Fault(json);
}

TEST(JsonTest, RefusesAKeyTwice) {
  EXPECT_THAT(Fault(R"({"a": 1, "b": {"a": 1}, "a": 2})"), HasSubstr("'a' stands twice"));
  EXPECT_TRUE(FromJson(R"([{"a": 1}, {"a": {"a": 2}}])").ok());
}

TEST(JsonTest, RefusesDeepNesting) {
  EXPECT_TRUE(FromJson(std::string(64, '[') + std::string(64, ']')).ok());
  EXPECT_THAT(Fault(std::string(65, '[') + std::string(65, ']')), HasSubstr("deeper than 64"));
  EXPECT_THAT(Fault(std::string(1 << 20, '[')), HasSubstr("deeper than 64"));
}

TEST(JsonTest, RefusesIntegersBeyond64Bits) {
  EXPECT_EQ(*FromJson("9223372036854775807"), Node(std::int64_t{INT64_MAX}));
  EXPECT_THAT(Fault("9223372036854775808"), HasSubstr("64 bits"));
  EXPECT_THAT(Fault("123456789012345678901234567890"), HasSubstr("64 bits"));
}

TEST(JsonTest, RefusesMoreThan16MiB) {
  EXPECT_THAT(Fault("\"" + std::string((16 << 20) - 1, 'a') + "\""), HasSubstr("bytes of JSON"));
}

}  // namespace
}  // namespace hpsearch::model
