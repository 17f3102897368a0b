// hpsearch bench, as a program that reads its JSON meets it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

namespace hpsearch::cli {
namespace {

using testing::HasSubstr;
using Json = nlohmann::ordered_json;

class Bench : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "bench-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // The exit code of `hpsearch bench ARGUMENTS`, without a data set; its outputs are in out_ and err_.
  int Run(const std::string& arguments) {
    const std::string command = "HPSEARCH_DATA=" + folder_ + " " + HPSEARCH_BINARY + " bench " + arguments +
                                " > " + folder_ + "/out 2> " + folder_ + "/err < /dev/null";
    const int status = std::system(command.c_str());
    out_ = Read("out");
    err_ = Read("err");
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  std::string out_, err_;

 private:
  std::string Read(const std::string& name) const {
    std::ifstream stream(folder_ + "/" + name);
    std::stringstream text;
    text << stream.rdbuf();
    return text.str();
  }

  std::string folder_;
};

TEST_F(Bench, TrainerPrintsTheContractsJson) {
  ASSERT_EQ(Run("trainer --model mlp --batch 256 --precision f32 --json"), 0) << err_;
  const Json json = Json::parse(out_);
  std::vector<std::string> keys;
  for (const auto& [key, value] : json.items()) keys.push_back(key);
  EXPECT_THAT(keys, testing::ElementsAre("model", "batch", "precision", "samples_per_second",
                                         "roofline_samples_per_second", "roofline_gflops", "roofline_fraction",
                                         "instruction_set"));
  EXPECT_EQ(json["model"], "mlp");
  EXPECT_EQ(json["batch"], 256);
  EXPECT_EQ(json["precision"], "f32");
  const double trained = json["samples_per_second"], limit = json["roofline_samples_per_second"];
  EXPECT_GT(trained, 0);
  EXPECT_GT(limit, 0);
  EXPECT_EQ(json["roofline_fraction"], trained / limit);
  EXPECT_THAT(err_, HasSubstr("random bytes"));  // it says that the data are no data set
}

TEST_F(Bench, SearchPrintsTheContractsJson) {
  for (const std::string strategy : {"grid", "random", "gp"}) {
    ASSERT_EQ(Run("search --strategy " + strategy + " --trials 40 --dimensions 3 --json"), 0) << err_;
    const Json json = Json::parse(out_);
    std::vector<std::string> keys;
    for (const auto& [key, value] : json.items()) keys.push_back(key);
    EXPECT_THAT(keys, testing::ElementsAre("strategy", "trials", "dimensions", "suggest_p50_ms", "suggest_p99_ms",
                                           "suggest_max_ms"));
    EXPECT_EQ(json["strategy"], strategy);
    EXPECT_EQ(json["trials"], 40);
    EXPECT_EQ(json["dimensions"], 3);
    EXPECT_GT(json["suggest_p50_ms"], 0);
    EXPECT_GE(json["suggest_p99_ms"], json["suggest_p50_ms"]);
    EXPECT_GE(json["suggest_max_ms"], json["suggest_p99_ms"]);
  }
  // A million points of a sequence by default.
  ASSERT_EQ(Run("search --json"), 0) << err_;
  EXPECT_EQ(Json::parse(out_)["strategy"], "grid");
  EXPECT_EQ(Json::parse(out_)["trials"], 1'000'000);
}

TEST_F(Bench, WhatCannotBeParsedIsUsage) {
  for (const char* arguments : {"", "trainer --model tall", "trainer --batch 0", "trainer --precision f16",
                                "trainer --batch 60001", "coordinator --workers 0", "coordinator --epochs 0",
                                "search --strategy best", "search --trials 0", "search --dimensions 0"}) {
    EXPECT_EQ(Run(arguments), 2) << arguments;
    EXPECT_EQ(out_, "") << arguments;
    EXPECT_NE(err_, "") << arguments;
  }
}

}  // namespace
}  // namespace hpsearch::cli
