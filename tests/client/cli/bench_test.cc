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

TEST_F(Bench, WhatIsNotThereYetSaysSo) {
  EXPECT_EQ(Run("search --workers 3"), 2);
  EXPECT_THAT(err_, HasSubstr("does not have 'bench search' yet"));
}

TEST_F(Bench, WhatCannotBeParsedIsUsage) {
  for (const char* arguments : {"", "trainer --model tall", "trainer --batch 0", "trainer --precision f16",
                                "trainer --batch 60001", "coordinator --workers 0", "coordinator --epochs 0"}) {
    EXPECT_EQ(Run(arguments), 2) << arguments;
    EXPECT_EQ(out_, "") << arguments;
    EXPECT_NE(err_, "") << arguments;
  }
}

}  // namespace
}  // namespace hpsearch::cli
