// What a study says of its data: names and paths, columns, classes, how rows are split and seen.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/server/model/checked_sections.h"

namespace hpsearch::model {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(DatasetSectionsTest, HowRowsAreSplitAndSeenIsWrittenAsItStands) {
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

TEST(DatasetSectionsTest, ColumnsAreNamedByNameOrIndex) {
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

TEST(DatasetSectionsTest, WhatIsNoColumnIsRefused) {
  const auto faults = [](const std::string& keys) {
    return Check(kModel, kTraining, R"({"name":"t",)" + keys + "}").faults;
  };
  EXPECT_THAT(faults(R"("target":1.5)"),
              ElementsAre(HasSubstr("dataset.target: 1.5; a column's name, or its index")));
  EXPECT_THAT(faults(R"("target":"$C")"),
              ElementsAre(HasSubstr("dataset.target: '$C' is text, and no reference")));
  EXPECT_THAT(faults(R"("target":"")"),
              ElementsAre(HasSubstr("dataset.target: the text is empty; a column's name, or its index")));
  EXPECT_THAT(faults(R"("target":70000)"), ElementsAre(HasSubstr("dataset.target: 70000; a column's name, or")));
  EXPECT_THAT(faults(R"("drop":true)"), ElementsAre(HasSubstr("dataset.drop[0]: true; a column's name, or its")));
  EXPECT_THAT(faults(R"("header":"yes")"), ElementsAre(HasSubstr("dataset.header: 'yes' is text; true or false")));
  EXPECT_THAT(faults(R"("drop":[])"),
              ElementsAre(HasSubstr("dataset.drop: an empty sequence; a sequence of col")));
  EXPECT_THAT(faults(R"("drop":{"a":1})"), ElementsAre(HasSubstr("dataset.drop: a mapping stands there")));
  EXPECT_THAT(faults(R"("categorical":["a",3,"a"])"),
              ElementsAre(HasSubstr("dataset.categorical[2]: this column stands there twice")));
  EXPECT_THAT(faults(R"("drop":[[1]])"), ElementsAre(HasSubstr("dataset.drop[0]: a sequence stands there")));
}

TEST(DatasetSectionsTest, IndicesAreHeldAgainstATablesColumns) {
  const DatasetSpec spec = {.target = -4, .drop = {Column(2), Column(3)}, .categorical = {Column("x")}};
  Faults faults;
  CheckTable(spec, {.sample = {3}, .table = true}, faults);
  ASSERT_EQ(faults.size(), 2U);
  EXPECT_EQ(faults[0].path, "dataset.target");
  EXPECT_EQ(faults[0].message, "there is no column -4; the data set has 0 to 2");
  EXPECT_EQ(faults[1].path, "dataset.drop[1]");
}

TEST(DatasetSectionsTest, APathMayBeginWithADollar) {
  const auto path = [](const std::string& text) {
    return Check(kModel, kTraining, R"({"path":")" + text + R"("})").Canonical("dataset");
  };
  EXPECT_EQ(path("$$mine"), R"({"path":"./$mine"})");
  EXPECT_EQ(path("./$$mine"), R"({"path":"./$$mine"})");
}

TEST(DatasetSectionsTest, WhereItNamesParametersIsTold) {
  const Checked checked =
      Check(kModel, kTraining,
            R"({"name":"$set","classes":["$a",1],"target":{"switch":"$b","x":"$c","y":-1},"drop":["$d","$d"]})");
  EXPECT_THAT(checked.faults, IsEmpty());
  std::vector<std::string> paths;
  for (const Usage& usage : checked.usages) paths.push_back(usage.parameter + " at " + usage.path);
  EXPECT_THAT(paths, ElementsAre("set at dataset.name", "a at dataset.classes[0]", "b at dataset.target.switch",
                                 "c at dataset.target.x", "d at dataset.drop[0]", "d at dataset.drop[1]"));
}

TEST(DatasetSectionsTest, BranchesMayBeWholeSections) {
  const Checked checked =
      Check(kModel, kTraining, R"({"switch":"$p","b":"digits","a":{"path":"mine","drop":"id"}})");
  EXPECT_THAT(checked.faults, IsEmpty());
  EXPECT_EQ(checked.Canonical("dataset"),
            R"({"switch":"$p","a":{"path":"./mine","drop":["id"]},"b":{"name":"digits"}})");
  EXPECT_THAT(Check(kModel, kTraining, R"({"switch":"$p","a":{"name":"x/y"},"b":{"drop":[]}})").faults,
              ElementsAre(HasSubstr("dataset.a.name: 'x/y' is text and no name"),
                          HasSubstr("dataset.b.drop: an empty sequence")));
}

TEST(DatasetSectionsTest, ClassesAreAtLeastTwoDifferentLabels) {
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

TEST(DatasetSectionsTest, ANameIsNoPath) {
  for (const char* name : {"a/b", "..", ".hidden", "/etc"}) {
    EXPECT_THAT(Check(kModel, kTraining, std::string("\"") + name + "\"").faults,
                ElementsAre(HasSubstr("and no name")))
        << name;
  }
  EXPECT_THAT(Check(kModel, kTraining, R"({"name":"a","path":"b"})").faults,
              ElementsAre(HasSubstr("a name or a path, not both")));
}

}  // namespace
}  // namespace hpsearch::model
