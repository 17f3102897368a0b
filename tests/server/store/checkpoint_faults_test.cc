// Checkpoints on a disk that fails, and among files that others made: each system call fails, one after the other,
// and what is given out is what was put, or nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cerrno>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>

#include "server/store/checkpoint_files.h"
#include "tests/server/store/failing_calls.h"
#include "tests/server/store/temp_folder.h"

namespace hpsearch::store {
namespace {

namespace fs = std::filesystem;
using hpsearch::testing::FailingCalls;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

KeptCheckpoint Of(const std::string& study, std::int64_t trial, std::int64_t steps, std::int64_t bytes,
                  std::uint64_t checksum = 17) {
  return {.name = {study, trial},
          .attempt = 1,
          .key = std::string(32, 'b'),
          .epochs = steps,
          .steps = steps,
          .bytes = bytes,
          .checksum = checksum};
}

class CheckpointFaultsTest : public ::testing::Test {
 protected:
  std::unique_ptr<CheckpointFiles> Open() const { return std::make_unique<CheckpointFiles>(folder_, bounds_); }
  static absl::Status Put(CheckpointFiles& files, const KeptCheckpoint& what, char with) {
    auto incoming = files.Begin(what);
    if (!incoming.ok()) return incoming.status();
    const std::string bytes(static_cast<std::size_t>(what.bytes), with);
    if (absl::Status status = (*incoming)->Append(bytes); !status.ok()) return status;
    return files.Keep(*std::move(incoming));
  }
  static absl::StatusOr<std::string> Get(CheckpointFiles& files, const CheckpointName& name) {
    auto outgoing = files.Open(name);
    if (!outgoing.ok()) return outgoing.status();
    return (*outgoing)->Read(0, static_cast<std::size_t>((*outgoing)->what().bytes));
  }
  void Write(const std::string& name, const std::string& bytes) const {
    std::ofstream(folder_ + "/" + name, std::ios::binary) << bytes;
  }

  const testing::TempFolder temp_{testing::TempFolder::InMemory()};
  const std::string folder_ = temp_.File("travelling");
  CheckpointFiles::Bounds bounds_ = {.files = 9, .bytes = 1000, .bytes_each = 500, .bytes_free = 0};
};

TEST_F(CheckpointFaultsTest, WhereverTheDiskFailsNothingElseIsGivenOut) {
  for (const int error : {EIO, EINTR, EOPNOTSUPP, ENOENT}) {
    bool failed = true;
    int call = 0;
    for (; failed; ++call) {
      SCOPED_TRACE(std::to_string(error) + " at " + std::to_string(call));
      fs::remove_all(folder_);
      absl::Status first, second;
      ASSERT_TRUE(Put(*Open(), Of("s-1", 1, 10, 4), 'a').ok());
      {
        const FailingCalls fails(call, FailingCalls::Lasting::kOnce, error);
        const auto files = Open();
        first = Put(*files, Of("s-1", 1, 20, 5), 'b');
        second = Put(*files, Of("s-1", 2, 10, 6), 'c');
        for (const std::int64_t trial : {1, 2}) {
          const auto got = Get(*files, {"s-1", trial});
          EXPECT_THAT(got.value_or("aaaa"), ::testing::AnyOf("aaaa", "bbbbb", "cccccc"));
        }
        failed = FailingCalls::Failed() > 0;
      }
      for (const absl::Status& status : {first, second}) {
        EXPECT_TRUE(status.ok() || absl::IsUnavailable(status) || absl::IsNotFound(status)) << status;
      }
      const auto files = Open();
      EXPECT_FALSE(Get(*files, {"s-1", 1}).value_or("none") == "cccccc");
      EXPECT_EQ(Get(*files, {"s-1", 2}).value_or("cccccc"), "cccccc");
      for (const CheckpointName& name : files->Names()) EXPECT_TRUE(Get(*files, name).ok());
      EXPECT_TRUE(Put(*files, Of("s-1", 1, 30, 7), 'd').ok());
      EXPECT_EQ(Get(*files, {"s-1", 1}).value(), "ddddddd");
    }
    EXPECT_GT(call, 12);
  }
}

TEST_F(CheckpointFaultsTest, WhatIsNoCheckpointsNameIsLeftAlone) {
  fs::create_directories(folder_);
  for (const char* name :
       {"notes", "s.", "s.x", "s.1x", "s.0", "s.-1", "s.99999999999999999999", "S.1", "s{.1", "s:.1"}) {
    Write(name, "mine");
  }
  EXPECT_THAT(Open()->Names(), IsEmpty());
  EXPECT_EQ(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()), 10);
}

TEST_F(CheckpointFaultsTest, AFolderThatIsNoneHoldsNothing) {
  std::ofstream(folder_) << "a file";
  const auto files = Open();
  EXPECT_TRUE(files->empty());
  EXPECT_FALSE(Put(*files, Of("s", 1, 10, 4), 'a').ok());
}

// Another trial's file, whole as it is, under the name of this one's.
TEST_F(CheckpointFaultsTest, AnotherCheckpointInItsPlaceIsNotGivenOut) {
  for (const KeptCheckpoint& other : {Of("s", 2, 10, 4, 18), Of("s", 2, 10, 5, 17)}) {
    fs::remove_all(folder_);
    const auto files = Open();
    ASSERT_TRUE(Put(*files, Of("s", 1, 10, 4), 'a').ok());
    ASSERT_TRUE(Put(*files, other, 'b').ok());
    fs::rename(folder_ + "/s.2", folder_ + "/s.1");
    EXPECT_TRUE(absl::IsDataLoss(Get(*files, {"s", 1}).status()));
    EXPECT_TRUE(absl::IsNotFound(Get(*files, {"s", 2}).status()));
    EXPECT_TRUE(files->empty());
  }
}

TEST_F(CheckpointFaultsTest, WhatIsNotOfTheFormatIsRemoved) {
  fs::create_directories(folder_ + "/s.2");
  Write("s.1", std::string(200, 'x'));
  Write("s.3", "");
  EXPECT_THAT(Open()->Names(), IsEmpty());
  EXPECT_FALSE(fs::exists(folder_ + "/s.1"));
  EXPECT_FALSE(fs::exists(folder_ + "/s.3"));
}

TEST_F(CheckpointFaultsTest, WithNarrowerBoundsWhatIsTooLargeGoes) {
  ASSERT_TRUE(Put(*Open(), Of("s", 1, 10, 400), 'a').ok());
  ASSERT_TRUE(Put(*Open(), Of("s", 2, 10, 4), 'b').ok());
  bounds_.bytes_each = 10;
  EXPECT_THAT(Open()->Names(), ElementsAre(CheckpointName{"s", 2}));
  EXPECT_FALSE(fs::exists(folder_ + "/s.1"));
}

// A trial's own is there until the next one is whole: there has to be room for both.
TEST_F(CheckpointFaultsTest, OneDoesNotMakeRoomForItsOwnSuccessor) {
  bounds_.files = 1;
  const auto files = Open();
  ASSERT_TRUE(Put(*files, Of("s", 1, 10, 4), 'a').ok());
  EXPECT_TRUE(absl::IsResourceExhausted(Put(*files, Of("s", 1, 20, 4), 'b')));
  EXPECT_EQ(Get(*files, {"s", 1}).value(), "aaaa");
}

TEST_F(CheckpointFaultsTest, AnotherKeyIsAnotherTraining) {
  const auto files = Open();
  KeptCheckpoint what = Of("s", 1, 20, 4);
  ASSERT_TRUE(Put(*files, what, 'a').ok());
  what.steps = 10;
  what.key = std::string(32, 'c');
  ASSERT_TRUE(Put(*files, what, 'b').ok());
  EXPECT_EQ(Get(*files, {"s", 1}).value(), "bbbb");
  what.key = "short";
  EXPECT_TRUE(absl::IsInvalidArgument(Put(*files, what, 'c')));
}

}  // namespace
}  // namespace hpsearch::store
