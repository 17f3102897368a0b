#include "client/study_file/override.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/study_file/yaml_document.h"

namespace hpsearch::study_file {
namespace {

using model::Node;

constexpr const char* kText = "study: x\ntraining: {epochs: 10}\nmodel:\n  - dropout: {rate: 0.2}\n  - flatten:\n";

// The document after the overrides; a fault ends the test.
YamlDocument Apply(const std::vector<std::string>& overrides) {
  YamlDocument document = ParseYaml(kText);
  for (const std::string& override : overrides) {
    const auto fault = ApplyOverride(override, document.root, document.places);
    EXPECT_FALSE(fault.has_value()) << override << ": " << fault->message;
  }
  return document;
}

TEST(Override, ReplacesAddsAndReadsValuesAsYaml) {
  const YamlDocument document = Apply({"training.epochs=3", "seed=1e3", "study='7'", "model[0].dropout.rate=$d",
                                       "parameters.d={values: [0.1, no]}", "model[1].flatten.name=f", "empty="});
  EXPECT_TRUE(*document.root.Find("training")->Find("epochs") == Node(3));
  EXPECT_TRUE(*document.root.Find("seed") == Node(1e3));
  EXPECT_TRUE(*document.root.Find("study") == Node("7"));
  EXPECT_TRUE(*document.root.Find("model")->sequence()[0].Find("dropout")->Find("rate") == Node("$d"));
  EXPECT_TRUE(*document.root.Find("parameters")->Find("d")->Find("values") ==
              Node(Node::Sequence{Node(0.1), Node("no")}));
  EXPECT_TRUE(*document.root.Find("model")->sequence()[1].Find("flatten")->Find("name") == Node("f"));
  EXPECT_TRUE(document.root.Find("empty")->is_null());
}

TEST(Override, FaultsOfWhatItSetAreOnTheCommandLine) {
  const YamlDocument document = Apply({"training={epochs: 0}"});
  EXPECT_EQ(document.places.Locate({"training.epochs", ""}).position, (Position{0, 0}));
  EXPECT_EQ(document.places.Locate({"study", ""}).position, (Position{1, 8}));
}

// Whatever is wrong with a key that the file does not have came from the command line, from where it is new on.
TEST(Override, FaultsOfKeysThatItMadeAreOnTheCommandLine) {
  const YamlDocument document =
      Apply({"trainng.epochs=3", "model[0].dropot.rate=0.3", "training.schedule.time_decay.rate=1"});
  for (const char* path : {"trainng", "trainng.epochs", "model[0].dropot", "model[0].dropot.rate",
                           "training.schedule", "training.schedule.time_decay"}) {
    EXPECT_EQ(document.places.Locate({path, ""}).position, (Position{0, 0})) << path;
  }
  EXPECT_EQ(document.places.Locate({"training", ""}).position, (Position{2, 11}));
  EXPECT_EQ(document.places.Locate({"model[0].dropout.rate", ""}).position, (Position{4, 21}));
}

TEST(Override, RefusesWhatLeadsNowhere) {
  for (const char* override : {"", "=1", "seed", "a..b=1", ".a=1", "model[=1", "model[x].a=1", "model[2].a=1",
                               "study.x=1", "training[0]=1", "seed=[1", "seed=\x01", "model[0]x=1"}) {
    YamlDocument document = ParseYaml(kText);
    EXPECT_TRUE(ApplyOverride(override, document.root, document.places).has_value()) << override;
  }
}

TEST(Override, NestsNoDeeperThanAFileMay) {
  const auto path = [](int steps) {
    std::string path = "a";
    for (int i = 1; i < steps; ++i) path += ".a";
    return path;
  };
  const auto refused = [](const std::string& override) {
    YamlDocument document = ParseYaml(kText);
    return ApplyOverride(override, document.root, document.places).has_value();
  };
  EXPECT_FALSE(refused(path(kMaxDepth) + "=1"));
  EXPECT_TRUE(refused(path(kMaxDepth + 1) + "=1"));
  EXPECT_FALSE(refused(path(kMaxDepth - 1) + "=[1]"));
  EXPECT_TRUE(refused(path(kMaxDepth) + "=[1]"));
  EXPECT_TRUE(refused(path(100'000) + "=1"));
}

}  // namespace
}  // namespace hpsearch::study_file
