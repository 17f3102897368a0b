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

}  // namespace
}  // namespace hpsearch::model
