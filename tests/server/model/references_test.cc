#include "server/model/references.h"

#include <gtest/gtest.h>

#include "server/model/json.h"

namespace hpsearch::model {
namespace {

std::string Substituted(const char* json, const Lookup& lookup) {
  return ToJson(Substitute(*FromJson(json), lookup));
}

std::optional<Scalar> Values(std::string_view name) {
  if (name == "rate") return Scalar(0.5);
  if (name == "units") return Scalar(std::int64_t{8});
  if (name == "text") return Scalar("$units");
  return std::nullopt;
}

TEST(ReferencesTest, AReferenceIsAWholeScalarWithAParametersName) {
  EXPECT_EQ(ReferenceIn("$max_norm2"), "max_norm2");
  for (const char* text : {"max_norm", "$", "$$a", "$A", "$1", "$_a", "$a-b", "a$b", "$a ", ""}) {
    EXPECT_EQ(ReferenceIn(text), std::nullopt) << text;
  }
  EXPECT_EQ(ReferenceIn(Node(1)), std::nullopt);
  EXPECT_EQ(ReferenceIn(Node(Node::Sequence{"$a"})), std::nullopt);
}

TEST(ReferencesTest, ValuesReplaceReferencesWhereverTheyStand) {
  EXPECT_EQ(Substituted(R"([{"dropout":{"rate":"$rate"}},{"dense":{"units":"$units"}},"$rate"])", Values),
            R"([{"dropout":{"rate":0.5}},{"dense":{"units":8}},0.5])");
}

TEST(ReferencesTest, NothingElseIsExpanded) {
  EXPECT_EQ(Substituted(R"({"a":"$$rate","b":"x$rate","c":"$Rate","$rate":1,"d":"$text"})", Values),
            R"({"a":"$rate","b":"x$rate","c":"$Rate","$rate":1,"d":"$units"})");
}

TEST(ReferencesTest, AKeyWhoseParameterIsAbsentIsLeftOut) {
  EXPECT_EQ(Substituted(R"({"max_norm":"$absent","units":"$units"})", Values), R"({"units":8})");
  EXPECT_EQ(Substituted(R"("$absent")", Values), "null");
}

TEST(ReferencesTest, WhetherAnyParameterIsNamed) {
  for (const char* json : {R"("$a")", R"({"x":[1,{"y":"$a"}]})", R"({"switch":"$a","b":1})"}) {
    EXPECT_TRUE(HasReferences(*FromJson(json))) << json;
  }
  for (const char* json : {R"("$$a")", R"({"x":[1,{"$a":"b"}]})", "null", "[]"}) {
    EXPECT_FALSE(HasReferences(*FromJson(json))) << json;
  }
}

TEST(ReferencesTest, WhatCameOfASectionHasItsPlaceThere) {
  const Node section = *FromJson(
      R"({"name":{"switch":"$units","8":"a","9":"b"},"drop":["$absent","x",{"switch":"$rate","0.5":"y"}],"plain":1})");
  const auto place = [&](const char* path) { return PlaceOf(section, path, Values); };
  EXPECT_EQ(place(".name"), ".name.8");
  EXPECT_EQ(place(".drop"), ".drop");
  EXPECT_EQ(place(".drop[0]"), ".drop[1]");
  EXPECT_EQ(place(".drop[1]"), ".drop[2].0.5");
  EXPECT_EQ(place(".plain"), ".plain");
  EXPECT_EQ(place(".missing.below"), ".missing.below");
  EXPECT_EQ(place(""), "");
  const Node whole = *FromJson(R"({"switch":"$units","8":{"name":"a"}})");
  EXPECT_EQ(PlaceOf(whole, ".name", Values), ".8.name");
  EXPECT_EQ(PlaceOf(whole, "", Values), ".8");
}

}  // namespace
}  // namespace hpsearch::model
