// Whole study files: what is read, and what is refused where.
#include "client/study_file/study_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <filesystem>
#include <fstream>
#include <sstream>

namespace hpsearch::study_file {
namespace {

using testing::AllOf;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::StartsWith;

const model::DatasetShape kTenClasses{{28, 28}, 10, 60000, 10000};

absl::StatusOr<model::DatasetShape> FindTenClasses(const model::DatasetSpec& dataset) {
  if (dataset.name == "fashion-mnist") return kTenClasses;
  if (dataset.name == "damaged") return absl::DataLossError("truncated");
  return absl::NotFoundError("no data set of that name in ./data");
}

StudyFile Read(const std::string& text, const Options& options = {}) {
  return Parse(text, "study.yaml", options, FindTenClasses);
}

std::string Example(const std::string& name) {
  std::ifstream stream(std::string(HPSEARCH_SOURCE_DIR) + "/client/studies/" + name);
  std::stringstream text;
  text << stream.rdbuf();
  return text.str();
}

TEST(StudyFile, ReadyMadeStudiesAreValid) {
  for (const char* name : {"fashion-mlp", "quickstart", "article"}) {
    StudyFile file = Read(Example(std::string(name) + ".yaml"));
    EXPECT_THAT(file.faults, IsEmpty()) << name;
    ASSERT_NE(file.spec, nullptr) << name;
    EXPECT_EQ(file.spec->name, name);
  }
}

// The issue's nine: an unknown key, a wrong type, a reference to no parameter, a parameter that nothing names,
// num: -1, a geomspace from 0, a duplicate key, an unknown layer, a softmax with fewer units than classes.
constexpr const char* kNineFaults = R"(study: nine
dataset: fashion-mnist
sed: 7
model:
  - dropout: {rate: $nowhere}
  - dense: {units: 64, activation: relu, max_norm: $max_norm}
  - dens: {units: 64}
  - dense: {units: 9, activation: softmax}
training:
  epochs: many
  optimizer: {sgd: {learning_rate: $learning_rate, momentum: $momentum}}
  batch_size: 64
  batch_size: 128
parameters:
  learning_rate: {logspace: {start: -3, stop: 0, num: -1}}
  momentum: 0.9
  max_norm: {geomspace: {start: 0, stop: 10, num: 3}}
  unused: {linspace: {start: 0, stop: 1, num: 3}}
)";

TEST(StudyFile, NineFaultsAreNineLinesWithTheirPlaces) {
  const StudyFile file = Read(kNineFaults);
  EXPECT_EQ(file.spec, nullptr);
  EXPECT_THAT(file.faults, ElementsAre(StartsWith("study.yaml:3:1: sed: "),
                                       StartsWith("study.yaml:5:21: model[0].dropout.rate: "),
                                       StartsWith("study.yaml:7:5: model[2].dens: "),
                                       StartsWith("study.yaml:8:20: model[3].dense.units: "),
                                       StartsWith("study.yaml:10:11: training.epochs: "),
                                       StartsWith("study.yaml:13:3: training.batch_size: "),
                                       StartsWith("study.yaml:15:55: parameters.learning_rate.logspace.num: "),
                                       StartsWith("study.yaml:17:33: parameters.max_norm.geomspace.start: "),
                                       StartsWith("study.yaml:18:3: parameters.unused: ")));
}

TEST(StudyFile, EqualMeaningIsTheSameStudy) {
  const std::string text = Example("quickstart.yaml");
  const StudyFile plain = Read(text);
  ASSERT_NE(plain.spec, nullptr);
  const StudyFile comments = Read("# a comment\n---\n" + text + "\n...\n");
  ASSERT_NE(comments.spec, nullptr);
  EXPECT_EQ(plain.spec->canonical, comments.spec->canonical);
  const StudyFile crlf = Read([&] {
    std::string windows;
    for (const char c : text) windows += c == '\n' ? std::string("\r\n") : std::string(1, c);
    return "\xEF\xBB\xBF" + windows;
  }());
  ASSERT_NE(crlf.spec, nullptr) << crlf.faults.front();
  EXPECT_EQ(plain.spec->canonical, crlf.spec->canonical);
  const StudyFile other = Read(text, {.name = std::nullopt, .overrides = {"seed=8"}});
  ASSERT_NE(other.spec, nullptr);
  EXPECT_NE(plain.spec->canonical, other.spec->canonical);
}

TEST(StudyFile, NameAndOverridesTakeTheFilesPlace) {
  const StudyFile file = Read(Example("quickstart.yaml"), {.name = "mine", .overrides = {"training.epochs=2"}});
  ASSERT_NE(file.spec, nullptr) << file.faults.front();
  EXPECT_EQ(file.spec->name, "mine");
  const StudyFile faulty =
      Read(Example("quickstart.yaml"), {.name = "Mine!", .overrides = {"training.epochs=-2", "nonsense"}});
  EXPECT_THAT(faulty.faults, ElementsAre(StartsWith("--set: 'nonsense'"), StartsWith("--name: study: "),
                                         StartsWith("--set: training.epochs: ")));
}

TEST(StudyFile, DataSets) {
  const std::string text = Example("quickstart.yaml");
  EXPECT_THAT(Read(text, {.name = {}, .overrides = {"dataset=nowhere"}}).faults,
              ElementsAre(StartsWith("--set: dataset: ")));
  std::string missing = text;
  missing.replace(missing.find("dataset: fashion-mnist"), 22, "dataset: nowhere");
  EXPECT_THAT(Read(missing).faults,
              ElementsAre(AllOf(StartsWith("study.yaml:4:10: dataset: "), HasSubstr("./data"))));
  // What is damaged is a failure of the study, not a fault of the file.
  EXPECT_NE(Read(text, {.name = {}, .overrides = {"dataset=damaged"}}).spec, nullptr);
  EXPECT_NE(Read(text, {.name = {}, .overrides = {"model[5].dense.units=14"}}).spec, nullptr);
  EXPECT_THAT(Read(text, {.name = {}, .overrides = {"model[5].dense.units=9"}}).faults, testing::SizeIs(1));
}

TEST(StudyFile, ForAServerADataSetHasAName) {
  std::string text = Example("quickstart.yaml");
  text.replace(text.find("dataset: fashion-mnist"), 22, "dataset: {path: ./mine}");
  EXPECT_NE(Parse(text, "study.yaml", {}, nullptr).spec, nullptr);
  const StudyFile file = Parse(text, "study.yaml", {.dataset_by_name = true}, nullptr);
  EXPECT_EQ(file.spec, nullptr);
  EXPECT_THAT(file.faults, ElementsAre(StartsWith("study.yaml:4:17: dataset.path: a server takes")));
  EXPECT_NE(Parse(Example("quickstart.yaml"), "study.yaml", {.dataset_by_name = true}, nullptr).spec, nullptr);
}

TEST(StudyFile, AClassThatTheSetDoesNotHaveIsToldUnderItsKeyOnce) {
  const auto lookup = [](const model::DatasetSpec&) -> absl::StatusOr<model::DatasetShape> {
    return absl::InvalidArgumentError("dataset.classes: digits has no class 12; its classes are 0 to 9");
  };
  std::string text = Example("quickstart.yaml");
  text.replace(text.find("dataset: fashion-mnist"), 22, "dataset: {name: digits, classes: [0, 12]}");
  EXPECT_THAT(Parse(text, "study.yaml", {}, lookup).faults,
              ElementsAre(StartsWith("study.yaml:4:34: dataset.classes: digits has no class 12")));
}

TEST(StudyFile, ADataSetOfOneBranchIsLookedForAndToldAtItsPlace) {
  std::string text = Example("quickstart.yaml");
  text.replace(text.find("dataset: fashion-mnist"), 22,
               "dataset: {switch: $set, a: fashion-mnist, b: {name: nosuch}}");
  text.replace(text.find("parameters:\n"), 12, "parameters:\n  set: {values: [a, b]}\n");
  EXPECT_THAT(Read(text).faults,
              ElementsAre(AllOf(StartsWith("study.yaml:4:53: dataset.b.name: no data set of that name"),
                                HasSubstr("$set is \"b\""))));
  EXPECT_NE(Parse(text, "study.yaml", {}, nullptr).spec, nullptr);
  EXPECT_NE(Read(text, {.name = {}, .overrides = {"dataset.b.name=damaged"}}).spec, nullptr);
  const Options for_server = {.name = {}, .overrides = {"dataset.b={path: ./mine}"}, .dataset_by_name = true};
  EXPECT_THAT(Parse(text, "study.yaml", for_server, nullptr).faults, testing::SizeIs(1));
}

TEST(StudyFile, RefusesWhatIsNoStudy) {
  EXPECT_THAT(Read("- 1\n").faults, ElementsAre(StartsWith("study.yaml:1:1: a study file is a mapping")));
  EXPECT_THAT(Read("").faults, testing::Not(IsEmpty()));
  EXPECT_THAT(Read("a:\n\tb: 1\n").faults, ElementsAre(StartsWith("study.yaml:2:1: a tab")));
}

TEST(StudyFile, ManyFaultsAreCounted) {
  std::string text = "study: x\n";
  for (int i = 0; i < 1000; ++i) text += "study: x\n";
  const StudyFile file = Read(text);
  EXPECT_EQ(file.faults.size(), 201);
  EXPECT_THAT(file.faults.back(), HasSubstr("more faults"));
}

TEST(StudyFile, LoadLooksAtTheSizeBeforeItReads) {
  const std::string path = testing::TempDir() + "/large.yaml";
  std::ofstream(path) << "study: x\n";
  std::filesystem::resize_file(path, 100'000'000);  // sparse
  EXPECT_THAT(Load(path, {}, nullptr).faults, ElementsAre(HasSubstr("100000000 bytes")));
  std::filesystem::remove(path);
  EXPECT_THAT(Load(path, {}, nullptr).faults, ElementsAre(HasSubstr("no such file")));
  EXPECT_THAT(Load(testing::TempDir(), {}, nullptr).faults, ElementsAre(HasSubstr("a folder")));
}

// A study file damaged anywhere is read or refused, each fault with a place inside the file; nothing crashes.
TEST(StudyFile, AnyDamageIsReadOrRefusedWithAPlace) {
  const std::string seeds[] = {Example("fashion-mlp.yaml"), kNineFaults};
  const std::string pieces[] = {
      "\t",    "\n",   " ",  ":",      "- ",    "{",     "}",          "[",
      "]",     "&a ",  "*a", "!!int ", "? ",    "|\n",   "'",          "\"",
      "#",     "$",    ",",  "<<: ",   "---\n", "...\n", "%TAG ! x\n", "\\",
      "1e999", ".nan", "-",  "~",      "0x",    "\xC3",  "$$",         "999999999999999999999"};
  rc::check("damaged study files", [&] {
    std::string text = seeds[*rc::gen::inRange(0, 2)];
    const int edits = *rc::gen::inRange(1, 6);
    for (int i = 0; i < edits; ++i) {
      const std::size_t at = *rc::gen::inRange<std::size_t>(0, text.size());
      const int kind = *rc::gen::inRange(0, 3);
      const std::size_t length = kind == 0 ? 0 : *rc::gen::inRange<std::size_t>(1, 40);
      const std::string& piece = pieces[*rc::gen::inRange<std::size_t>(0, std::size(pieces))];
      text.replace(at, length, kind == 1 ? "" : piece);
      if (text.empty()) text = "a";
    }
    const StudyFile file = Read(text);
    RC_ASSERT((file.spec == nullptr) == !file.faults.empty());
    const int lines = 2 + static_cast<int>(std::count(text.begin(), text.end(), '\n'));
    for (const std::string& fault : file.faults) {
      RC_ASSERT(fault.starts_with("study.yaml:"));
      const int line = std::stoi(fault.substr(11));
      RC_ASSERT(line >= 1 && line <= lines);
    }
  });
}

}  // namespace
}  // namespace hpsearch::study_file
