#include "worker/data/data_path.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <optional>
#include <string>

namespace hpsearch::data {
namespace {

using ::testing::ElementsAre;

// Puts the variables back that it changes.
class DataPathTest : public ::testing::Test {
 protected:
  DataPathTest() {
    for (const char* name : {"HPSEARCH_DATA", "HOME"}) {
      const char* value = std::getenv(name);
      before_[name] = value != nullptr ? std::optional<std::string>(value) : std::nullopt;
    }
  }
  ~DataPathTest() override {
    for (const auto& [name, value] : before_) {
      value ? setenv(name.c_str(), value->c_str(), 1) : unsetenv(name.c_str());
    }
  }

 private:
  std::map<std::string, std::optional<std::string>> before_;
};

TEST_F(DataPathTest, TheEnvironmentBeatsTheDefault) {
  setenv("HPSEARCH_DATA", "/one::/two", 1);
  EXPECT_THAT(DataPath(), ElementsAre("/one", "/two"));
}

TEST_F(DataPathTest, TheDefaultIsHereAndAtHomeAndOfTheSystem) {
  unsetenv("HPSEARCH_DATA");
  setenv("HOME", "/home/someone", 1);
  EXPECT_THAT(DataPath(),
              ElementsAre("./data", "/home/someone/.local/share/hpsearch/data", "/usr/share/datasets"));
  unsetenv("HOME");
  EXPECT_THAT(DataPath(), ElementsAre("./data", "/usr/share/datasets"));
}

}  // namespace
}  // namespace hpsearch::data
