#include "client/cli/output_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <string>

namespace hpsearch::cli {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

class OutputFileTest : public testing::Test {
 protected:
  OutputFileTest() {
    folder_ = testing::TempDir() + "/output-" + testing::UnitTest::GetInstance()->current_test_info()->name();
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  ~OutputFileTest() override { fs::remove_all(folder_); }

  std::string Path(const std::string& name) const { return folder_ + "/" + name; }
  std::string Read(const std::string& name) const {
    std::ifstream file(Path(name));
    return {std::istreambuf_iterator<char>(file), {}};
  }
  std::set<std::string> Names() const {
    std::set<std::string> names;
    for (const auto& entry : fs::directory_iterator(folder_)) names.insert(entry.path().filename());
    return names;
  }

  std::string folder_;
};

TEST_F(OutputFileTest, StandsOnceItIsCommitted) {
  std::ofstream(Path("x.csv")) << "before";
  auto out = OutputFile::Open(Path("x.csv"));
  ASSERT_TRUE(out.ok()) << out.status();
  (*out)->Write("after");
  EXPECT_EQ(Read("x.csv"), "before");
  ASSERT_TRUE((*out)->Commit().ok());
  out->reset();
  EXPECT_EQ(Read("x.csv"), "after");
  EXPECT_EQ(Names(), std::set<std::string>{"x.csv"});
}

TEST_F(OutputFileTest, LeavesNothingWhereItWasNotCommitted) {
  std::ofstream(Path("x.csv")) << "before";
  {
    const auto out = OutputFile::Open(Path("x.csv"));
    ASSERT_TRUE(out.ok()) << out.status();
    (*out)->Write("after");
  }
  EXPECT_EQ(Read("x.csv"), "before");
  EXPECT_EQ(Names(), std::set<std::string>{"x.csv"});
}

TEST_F(OutputFileTest, ALinkStaysOne) {
  fs::create_symlink("real.csv", Path("link.csv"));
  std::ofstream(Path("real.csv")) << "before";
  const auto out = OutputFile::Open(Path("link.csv"));
  ASSERT_TRUE(out.ok()) << out.status();
  (*out)->Write("after");
  ASSERT_TRUE((*out)->Commit().ok());
  EXPECT_TRUE(fs::is_symlink(Path("link.csv")));
  EXPECT_EQ(Read("real.csv"), "after");
}

TEST_F(OutputFileTest, WhatIsNoFileIsWrittenInPlace) {
  const auto null = OutputFile::Open("/dev/null");
  ASSERT_TRUE(null.ok()) << null.status();
  EXPECT_TRUE((*null)->Commit().ok());
  EXPECT_TRUE(fs::is_character_file("/dev/null"));
  const auto full = OutputFile::Open("/dev/full");
  ASSERT_TRUE(full.ok()) << full.status();
  (*full)->Write("x");
  EXPECT_THAT(std::string((*full)->Commit().message()), HasSubstr("/dev/full"));
}

TEST_F(OutputFileTest, SaysWhereItCannotBe) {
  for (const std::string& path : {Path("no/x.csv"), folder_}) {
    const auto out = OutputFile::Open(path);
    ASSERT_FALSE(out.ok()) << path;
    EXPECT_EQ(out.status().code(), absl::StatusCode::kFailedPrecondition);
    EXPECT_THAT(std::string(out.status().message()), HasSubstr(path));
  }
}

}  // namespace
}  // namespace hpsearch::cli
