#include "client/study_file/yaml_document.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/study_file/text_check.h"

namespace hpsearch::study_file {
namespace {

using model::Node;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// "line:column path", to look at places without messages.
std::vector<std::string> PlacesOf(const std::vector<LocatedFault>& faults) {
  std::vector<std::string> places;
  for (const LocatedFault& fault : faults) {
    places.push_back(fmt::format("{}:{} {}", fault.position.line, fault.position.column, fault.path));
  }
  return places;
}

Position PlaceOf(const YamlDocument& document, const std::string& path,
                 model::Fault::At at = model::Fault::At::kValue) {
  return document.places.Locate({path, "", at}).position;
}

TEST(YamlDocument, KeepsOrderTypesAndQuotes) {
  const YamlDocument document = ParseYaml("z: 1\na: '1'\nm: [1.5, no, \"x\", null]\ne:\nb: |\n  one\n  two\n");
  EXPECT_THAT(document.faults, IsEmpty());
  const Node expected(Node::Mapping{
      {"z", Node(1)},
      {"a", Node("1")},
      {"m", Node(Node::Sequence{Node(1.5), Node("no"), Node("x"), Node()})},
      {"e", Node()},
      {"b", Node("one\ntwo\n")},
  });
  EXPECT_TRUE(document.root == expected);
}

TEST(YamlDocument, SaysWhereKeysAndValuesStand) {
  const YamlDocument document = ParseYaml(
      "study: x\n"
      "model:\n"
      "  - dense: {units: 10,\n"
      "            activation: relu}\n"
      "  - dropout: 0.2\n"
      "empty:\n"
      "größe: ä \n"
      "über: {ü: 1, b: 2}\n");
  ASSERT_THAT(document.faults, IsEmpty());
  EXPECT_EQ(PlaceOf(document, "study"), (Position{1, 8}));
  EXPECT_EQ(PlaceOf(document, "study", model::Fault::At::kKey), (Position{1, 1}));
  EXPECT_EQ(PlaceOf(document, "model[0].dense.activation"), (Position{4, 25}));
  EXPECT_EQ(PlaceOf(document, "model[1].dropout"), (Position{5, 14}));
  EXPECT_EQ(PlaceOf(document, "empty"), (Position{6, 1}));
  EXPECT_EQ(PlaceOf(document, "über.b"), (Position{8, 17})) << "columns are characters, not bytes";
}

TEST(YamlDocument, CountsColumnsOfLinesWithManyValues) {
  const YamlDocument document = ParseYaml("a: [ä, [ö, ü], é]\nb: {c: ä, d: [1, 2]}\n");
  EXPECT_EQ(PlaceOf(document, "a[1]"), (Position{1, 8}));
  EXPECT_EQ(PlaceOf(document, "a[1][1]"), (Position{1, 12}));
  EXPECT_EQ(PlaceOf(document, "a[2]"), (Position{1, 16}));
  EXPECT_EQ(PlaceOf(document, "b.d", model::Fault::At::kKey), (Position{2, 11}));
  EXPECT_EQ(PlaceOf(document, "b.d[1]"), (Position{2, 18}));
}

TEST(YamlDocument, WhatIsMissingIsAtItsNearestAncestor) {
  const YamlDocument document = ParseYaml("a: x\nmodel:\n  - dropout: 0.2\n  - dense: {activation: relu}\n");
  EXPECT_EQ(PlaceOf(document, "model[0].dropout.rate"), (Position{3, 5}));
  EXPECT_EQ(PlaceOf(document, "model[1].dense.units", model::Fault::At::kKey), (Position{4, 5}));
  EXPECT_EQ(PlaceOf(document, "training.epochs"), (Position{1, 1}));
}

TEST(YamlDocument, DuplicateAndMergeKeysAreFaultsAndTheRestIsRead) {
  const YamlDocument document = ParseYaml(
      "a: 1\n"
      "b: &b {x: 1, x: {y: 1, y: 2}, z: 3}\n"
      "a: {q: 1, q: 2}\n"
      "c:\n"
      "  <<: *b\n"
      "  d: 4\n"
      "\"<<\": text\n");
  EXPECT_FALSE(document.broken);
  EXPECT_THAT(PlacesOf(document.faults), ElementsAre("2:14 b.x", "3:1 a", "5:3 c.<<"));
  EXPECT_EQ(document.root.Find("a")->scalar(), model::Scalar(std::int64_t{1}));
  EXPECT_EQ(document.root.Find("b")->mapping().size(), 2);
  EXPECT_EQ(document.root.Find("c")->mapping().size(), 1);
}

TEST(YamlDocument, AliasesAreWrittenOut) {
  const YamlDocument document = ParseYaml("a: &layer {units: 3}\nb: [*layer, *layer]\n");
  EXPECT_THAT(document.faults, IsEmpty());
  EXPECT_TRUE(document.root.Find("b")->sequence()[1] == *document.root.Find("a"));
  EXPECT_EQ(PlaceOf(document, "b[1].units"), (Position{2, 13}));
}

struct Refused {
  std::string text;
  int line, column;
  std::string says;
};

class BrokenYaml : public testing::TestWithParam<Refused> {};

TEST_P(BrokenYaml, IsRefusedWithItsPlace) {
  const Refused& refused = GetParam();
  const YamlDocument document = ParseYaml(refused.text);
  ASSERT_FALSE(document.faults.empty());
  const LocatedFault& fault = document.faults.front();
  EXPECT_THAT(fault.message, HasSubstr(refused.says));
  EXPECT_EQ(fault.position.line, refused.line) << fault.message;
  EXPECT_EQ(fault.position.column, refused.column) << fault.message;
}

std::string Nested(int depth) { return std::string(depth, '[') + std::string(depth, ']'); }

std::string Bomb() {
  std::string text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 12; ++i) {
    std::string line = fmt::format("a{}: &a{} [", i, i);
    for (int j = 0; j < 10; ++j) line += fmt::format("{}*a{}", j == 0 ? "" : ", ", i - 1);
    text += line + "]\n";
  }
  return text;
}

INSTANTIATE_TEST_SUITE_P(
    Kinds, BrokenYaml,
    testing::Values(Refused{"a: [1, 2\nb: 3\n", 2, 2, "not YAML"}, Refused{"a: 'x''\nb: 3\n", 1, 4, "has no end"},
                    Refused{"a: \"x\\\"\n", 1, 4, "has no end"}, Refused{"a: *none\n", 1, 4, "not YAML"},
                    Refused{"a: 1\n---\nb: 2\n", 2, 1, "second document"}, Refused{"a: !mine 1\n", 1, 4, "tag"},
                    Refused{"a: !!int x\n", 1, 4, "no int"}, Refused{"a: !thing {b: 1}\n", 1, 4, "tag"},
                    Refused{"a: .inf\n", 1, 4, "finite"}, Refused{"{[1]: 2}\n", 1, 2, "a key is a word"},
                    Refused{"~: 1\n", 1, 1, "without a name"}, Refused{"a: &x [*x]\n", 1, 8, "alias"},
                    Refused{"a: " + Nested(32), 1, 35, "deeper than 32"},
                    Refused{"a: " + Nested(2000), 1, 35, "deeper than 32"},
                    Refused{Bomb(), 5, 45, "more than 100000 values"}));

TEST(YamlDocument, NestingAtTheLimitIsRead) {
  EXPECT_THAT(ParseYaml("a: " + Nested(kMaxDepth - 1)).faults, IsEmpty());
}

TEST(TextCheck, TabsControlCharactersAndOtherEncodings) {
  EXPECT_THAT(PlacesOf(CheckText("a:\n\tb: 1\n  \tc: 2\n")), ElementsAre("2:1 ", "3:3 "));
  EXPECT_THAT(CheckText("a:\tb\n# \tx\n\t\n\t# a comment\n"), IsEmpty());
  EXPECT_THAT(PlacesOf(CheckText("ä: \x01")), ElementsAre("1:4 "));
  EXPECT_THAT(PlacesOf(CheckText(std::string_view("a\0b", 3))), ElementsAre("1:2 "));
  for (const char* text : {"\xFF", "a: \xC3", "\xC0\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xE2\x28\xA1"}) {
    EXPECT_EQ(CheckText(text).size(), 1) << text;
  }
  EXPECT_THAT(CheckText("ü € 😀\r\n"), IsEmpty());
}

}  // namespace
}  // namespace hpsearch::study_file
