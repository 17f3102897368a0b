#include "server/store/checkpoint_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <vector>

#include "tests/server/store/temp_folder.h"

namespace hpsearch::store {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::UnorderedElementsAre;

KeptCheckpoint Of(const std::string& study, std::int64_t trial, std::int64_t attempt, std::int64_t steps,
                  std::int64_t bytes) {
  return {.name = {study, trial},
          .attempt = attempt,
          .key = std::string(32, 'b'),
          .epochs = steps / 10,
          .steps = steps,
          .bytes = bytes,
          .checksum = 17};
}

class CheckpointFilesTest : public ::testing::Test {
 protected:
  CheckpointFilesTest() { Open(); }
  void Open() {
    files_.reset();
    files_ = std::make_unique<CheckpointFiles>(folder_, bounds_);
  }
  absl::Status Put(const KeptCheckpoint& what, char with = 'x') {
    auto incoming = files_->Begin(what);
    if (!incoming.ok()) return incoming.status();
    const std::string half(static_cast<std::size_t>(what.bytes / 2), with);
    const std::string rest(static_cast<std::size_t>(what.bytes) - half.size(), with);
    if (absl::Status status = (*incoming)->Append(half); !status.ok()) return status;
    if (absl::Status status = (*incoming)->Append(rest); !status.ok()) return status;
    return files_->Keep(*std::move(incoming));
  }
  std::string Content(const CheckpointName& name) {
    auto outgoing = files_->Open(name);
    if (!outgoing.ok()) return outgoing.status().ToString();
    return (*outgoing)->Read(0, static_cast<std::size_t>((*outgoing)->what().bytes)).value_or("none");
  }
  std::vector<std::string> Names() const {
    std::vector<std::string> names;
    if (!fs::exists(folder_)) return names;
    for (const fs::directory_entry& entry : fs::directory_iterator(folder_)) {
      names.push_back(entry.path().filename().string());
    }
    return names;
  }

  testing::TempFolder temp_;
  const std::string folder_ = temp_.File("deep/travelling");
  CheckpointFiles::Bounds bounds_ = {.files = 3, .bytes = 1000, .bytes_each = 500, .bytes_free = 0};
  std::unique_ptr<CheckpointFiles> files_;
};

TEST_F(CheckpointFilesTest, MakesNoFolderBeforeThereIsSomethingToKeep) {
  EXPECT_TRUE(files_->empty());
  EXPECT_FALSE(fs::exists(folder_));
  EXPECT_TRUE(absl::IsNotFound(files_->Open({"s", 1}).status()));
}

TEST_F(CheckpointFilesTest, KeepsWhatWasPutOverARestart) {
  ASSERT_TRUE(Put(Of("s", 1, 2, 30, 7)).ok());
  for (int i = 0; i < 2; ++i) {
    const std::optional<KeptCheckpoint> kept = files_->Find({"s", 1});
    ASSERT_TRUE(kept.has_value());
    EXPECT_EQ(kept->attempt, 2);
    EXPECT_EQ(kept->key, std::string(32, 'b'));
    EXPECT_EQ(kept->epochs, 3);
    EXPECT_EQ(kept->steps, 30);
    EXPECT_EQ(kept->bytes, 7);
    EXPECT_EQ(kept->checksum, 17U);
    EXPECT_EQ(Content({"s", 1}), "xxxxxxx");
    Open();
  }
  files_->Remove({"s", 1});
  files_->Remove({"s", 1});
  EXPECT_THAT(Names(), IsEmpty());
  EXPECT_FALSE(files_->Find({"s", 1}).has_value());
}

TEST_F(CheckpointFilesTest, TheFarthestOfTheNewestAttemptStays) {
  ASSERT_TRUE(Put(Of("s", 1, 2, 30, 4), 'a').ok());
  ASSERT_TRUE(Put(Of("s", 1, 2, 40, 4), 'b').ok());
  // Two of one attempt may pass each other.
  EXPECT_TRUE(Put(Of("s", 1, 2, 35, 4), 'c').ok());
  EXPECT_EQ(Content({"s", 1}), "bbbb");
  EXPECT_TRUE(absl::IsFailedPrecondition(Put(Of("s", 1, 1, 50, 4), 'd')));
  EXPECT_EQ(Content({"s", 1}), "bbbb");
  // A later attempt may have begun anew.
  EXPECT_TRUE(Put(Of("s", 1, 3, 10, 4), 'e').ok());
  EXPECT_EQ(Content({"s", 1}), "eeee");
  EXPECT_THAT(Names(), ElementsAre("s.1"));
}

TEST_F(CheckpointFilesTest, WhatIsBeingReadIsReadToItsEnd) {
  ASSERT_TRUE(Put(Of("s", 1, 1, 10, 4), 'a').ok());
  const auto outgoing = files_->Open({"s", 1});
  ASSERT_TRUE(outgoing.ok());
  ASSERT_TRUE(Put(Of("s", 1, 1, 20, 4), 'b').ok());
  files_->Remove({"s", 1});
  EXPECT_EQ(*(*outgoing)->Read(1, 3), "aaa");
  EXPECT_TRUE(absl::IsDataLoss((*outgoing)->Read(1, 4).status()));
}

TEST_F(CheckpointFilesTest, WhatDidNotComeToItsEndIsGone) {
  ASSERT_TRUE(Put(Of("s", 1, 1, 10, 4), 'a').ok());
  {
    auto incoming = files_->Begin(Of("s", 1, 1, 20, 4));
    ASSERT_TRUE(incoming.ok());
    ASSERT_TRUE((*incoming)->Append("abc").ok());
    EXPECT_EQ(Names().size(), 2U);
    EXPECT_TRUE(absl::IsInvalidArgument((*incoming)->Append("de")));
    EXPECT_TRUE(absl::IsInvalidArgument(files_->Keep(*std::move(incoming))));
  }
  EXPECT_THAT(Names(), ElementsAre("s.1"));
  EXPECT_EQ(Content({"s", 1}), "aaaa");
}

TEST_F(CheckpointFilesTest, TakesStockOfWhatACrashLeaves) {
  ASSERT_TRUE(Put(Of("s", 1, 1, 10, 4)).ok());
  ASSERT_TRUE(Put(Of("s", 2, 1, 10, 4)).ok());
  ASSERT_TRUE(Put(Of("s", 3, 1, 10, 4)).ok());
  fs::copy_file(folder_ + "/s.1", folder_ + "/s.7.new-3");
  fs::copy_file(folder_ + "/s.1", folder_ + "/Somebody.else");
  fs::copy_file(folder_ + "/s.1", folder_ + "/s.01");
  fs::resize_file(folder_ + "/s.2", fs::file_size(folder_ + "/s.2") - 1);
  std::fstream damaged(folder_ + "/s.3", std::ios::in | std::ios::out);
  damaged.seekp(50);  // an attempt, or how far it is
  damaged.put('\x55');
  damaged.close();
  fs::create_symlink("/dev/null", folder_ + "/s.9");
  Open();
  EXPECT_THAT(files_->Names(), ElementsAre(CheckpointName{"s", 1}));
  EXPECT_THAT(Names(), UnorderedElementsAre("s.1", "Somebody.else", "s.01", "s.9"));
}

TEST_F(CheckpointFilesTest, WhatHasChangedOnTheDiskIsNotGivenOut) {
  ASSERT_TRUE(Put(Of("s", 1, 1, 10, 4)).ok());
  fs::resize_file(folder_ + "/s.1", 10);
  EXPECT_TRUE(absl::IsDataLoss(files_->Open({"s", 1}).status()));
  EXPECT_TRUE(files_->empty());
  ASSERT_TRUE(Put(Of("s", 2, 1, 10, 4)).ok());
  fs::remove(folder_ + "/s.2");
  EXPECT_TRUE(absl::IsNotFound(files_->Open({"s", 2}).status()));
  EXPECT_TRUE(files_->empty());
}

TEST_F(CheckpointFilesTest, TheOldestGoWhereThereAreTooMany) {
  for (int trial = 1; trial <= 4; ++trial) ASSERT_TRUE(Put(Of("s", trial, 1, 10, 4)).ok());
  EXPECT_THAT(Names(), UnorderedElementsAre("s.2", "s.3", "s.4"));
  bounds_.files = 1;
  Open();
  EXPECT_THAT(Names(), ElementsAre("s.4"));
}

TEST_F(CheckpointFilesTest, TheOldestGoWhereTheyAreTooLarge) {
  ASSERT_TRUE(Put(Of("s", 1, 1, 10, 400)).ok());
  ASSERT_TRUE(Put(Of("s", 2, 1, 10, 400)).ok());
  ASSERT_TRUE(Put(Of("s", 1, 1, 20, 200)).ok());  // in the place of the first, which is no longer the oldest
  ASSERT_TRUE(Put(Of("s", 3, 1, 10, 500)).ok());
  EXPECT_THAT(Names(), UnorderedElementsAre("s.1", "s.3"));
  // What is being written counts, and is not taken away.
  const auto first = files_->Begin(Of("s", 4, 1, 10, 500));
  const auto second = files_->Begin(Of("s", 5, 1, 10, 500));
  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_TRUE(absl::IsResourceExhausted(files_->Begin(Of("s", 6, 1, 10, 1)).status()));
  EXPECT_TRUE(files_->empty());
}

TEST_F(CheckpointFilesTest, RefusesWhatIsTooLargeOrNoTrials) {
  EXPECT_TRUE(absl::IsInvalidArgument(Put(Of("s", 1, 1, 10, 501))));
  EXPECT_TRUE(absl::IsInvalidArgument(files_->Begin(Of("s", 1, 1, 10, 0)).status()));
  EXPECT_TRUE(absl::IsInvalidArgument(files_->Begin(Of("s", 1, 1, 10, std::int64_t{1} << 62)).status()));
  for (const char* study : {"", ".", "..", "a/b", "../a", "a.b", "A", "-a", "a\n"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(Put(Of(study, 1, 1, 10, 4)))) << study;
  }
  EXPECT_TRUE(absl::IsInvalidArgument(Put(Of(std::string(64, 'a'), 1, 1, 10, 4))));
  EXPECT_TRUE(absl::IsInvalidArgument(Put(Of("s", 0, 1, 10, 4))));
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(CheckpointFilesTest, LeavesTheDatabaseItsRoom) {
  bounds_.bytes_free = std::int64_t{1} << 60;
  Open();
  EXPECT_TRUE(absl::IsUnavailable(Put(Of("s", 1, 1, 10, 4))));
  EXPECT_THAT(Names(), IsEmpty());
}

TEST_F(CheckpointFilesTest, AFolderThatCannotBeMadeIsUnavailable) {
  std::ofstream(temp_.File("deep")) << "a file where the folder is to be";
  EXPECT_TRUE(absl::IsUnavailable(Put(Of("s", 1, 1, 10, 4))));
}

}  // namespace
}  // namespace hpsearch::store
