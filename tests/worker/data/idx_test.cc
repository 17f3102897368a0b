#include "worker/data/idx.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "tests/worker/data/idx_files.h"

namespace hpsearch::data {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr std::uint64_t kRoom = 1 << 20;

// Every case holds for the plain and for the gzipped file.
class IdxTest : public ::testing::TestWithParam<bool> {
 protected:
  absl::StatusOr<IdxFile> Read(const Bytes& bytes, IdxContent content = IdxContent::kImages,
                               std::uint64_t most = kRoom) {
    WriteBytes(path_, GetParam() ? Gzip(bytes) : bytes);
    return ReadIdx(path_, content, most);
  }
  // The fault of those bytes, which must be damage and name the file.
  std::string FaultOf(const Bytes& bytes, IdxContent content = IdxContent::kImages) {
    const absl::Status status = Read(bytes, content).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    EXPECT_THAT(std::string(status.message()), StartsWith(path_ + ": "));
    return std::string(status.message());
  }

  TemporaryFolder folder_;
  std::string path_ = folder_ / "file";
};

INSTANTIATE_TEST_SUITE_P(Compression, IdxTest, ::testing::Bool(),
                         [](const auto& gzipped) { return gzipped.param ? "Gzipped" : "Plain"; });

TEST_P(IdxTest, ReadsImagesOfRanksTwoToFourAndLabels) {
  absl::StatusOr<IdxFile> file = Read(IdxBytes({2, 3}, {1, 2, 3, 4, 5, 6}));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->sizes, ElementsAre(2, 3));
  EXPECT_THAT(file->bytes, ElementsAre(1, 2, 3, 4, 5, 6));
  file = Read(IdxBytes({2, 1, 3}, {1, 2, 3, 4, 5, 255}));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->sizes, ElementsAre(2, 1, 3));
  file = Read(IdxBytes({1, 1, 2, 2}, {0, 0, 0, 9}));
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->bytes, ElementsAre(0, 0, 0, 9));
  file = Read(IdxBytes({3}, {7, 8, 9}), IdxContent::kLabels);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->bytes, ElementsAre(7, 8, 9));
}

TEST_P(IdxTest, ReadsMoreThanOneGrowthStep) {
  Bytes contents(3'000'000);
  for (std::size_t i = 0; i < contents.size(); ++i)
    contents[i] = static_cast<std::uint8_t>((i * 2654435761u) >> 13);
  const absl::StatusOr<IdxFile> file = Read(IdxBytes({3000, 1000}, contents), IdxContent::kImages, 1 << 22);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_EQ(file->bytes, contents);
}

TEST_P(IdxTest, SaysWhatIsWrongWithTheHeader) {
  EXPECT_THAT(FaultOf({}), HasSubstr("0 bytes"));
  EXPECT_THAT(FaultOf({0, 0, 8}), HasSubstr("3 bytes"));
  EXPECT_THAT(FaultOf({'P', 'K', 3, 4, 0, 0}), HasSubstr("begins with 50 4b 03 04"));
  EXPECT_THAT(FaultOf(IdxBytes({2, 2}, {1, 2, 3, 4}, 0x0d)), HasSubstr("type 0x0d; wanted are unsigned bytes"));
  EXPECT_THAT(FaultOf(IdxBytes({4}, {1, 2, 3, 4})), HasSubstr("1 axes (these are labels); wanted are images"));
  EXPECT_THAT(FaultOf(IdxBytes({1, 1, 1}, {1}), IdxContent::kLabels), HasSubstr("(these are images)"));
  EXPECT_THAT(FaultOf(IdxBytes({1, 1, 1, 1, 1}, {1})), HasSubstr("5 axes"));
  EXPECT_THAT(FaultOf({0, 0, 8, 3, 0, 0, 0, 1}), HasSubstr("cut short within its header"));
  EXPECT_THAT(FaultOf(IdxBytes({0, 2, 2}, {})), HasSubstr("0 for axis 0"));
}

TEST_P(IdxTest, SaysWhereTheContentsEndTooSoonOrTooLate) {
  EXPECT_THAT(FaultOf(IdxBytes({2, 3}, {1, 2, 3, 4, 5})), HasSubstr("its header says 2x3 bytes, but 5 follow"));
  EXPECT_THAT(FaultOf(IdxBytes({2, 3}, {1, 2, 3, 4, 5, 6, 7})),
              HasSubstr("its header says 2x3 bytes, but more follow"));
}

// 2^128 bytes, and a number that is 6 again in 64 bits.
TEST_P(IdxTest, DoesNotBelieveAHeaderThatTheFileCannotBearOut) {
  const std::uint32_t all = 0xffffffff;
  EXPECT_THAT(FaultOf(IdxBytes({all, all, all, all}, {1, 2, 3})), HasSubstr("is cut short"));
  EXPECT_THAT(FaultOf(IdxBytes({1u << 31, 1u << 31, 4, 6}, {1, 2, 3, 4, 5, 6})), HasSubstr("is cut short"));
}

TEST_P(IdxTest, RefusesMoreThanTheLimit) {
  const absl::Status status = Read(IdxBytes({10, 10}, Bytes(100)), IdxContent::kImages, 99).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
  EXPECT_TRUE(Read(IdxBytes({10, 10}, Bytes(100)), IdxContent::kImages, 100).ok());
}

class GzipTest : public ::testing::Test {
 protected:
  std::string FaultOf(const Bytes& packed) {
    WriteBytes(path_, packed);
    const absl::Status status = ReadIdx(path_, IdxContent::kImages, kRoom).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  }
  TemporaryFolder folder_;
  std::string path_ = folder_ / "file.gz";
  const Bytes whole_ = IdxBytes({2, 3}, {1, 2, 3, 4, 5, 6});
};

TEST_F(GzipTest, AFalseCheckSumIsDamage) {
  Bytes packed = Gzip(whole_);
  packed[packed.size() - 6] ^= 1;  // in the CRC, the last eight bytes but four
  EXPECT_THAT(FaultOf(packed), HasSubstr("gzip stream is damaged: incorrect data check"));
}

TEST_F(GzipTest, AStreamThatEndsAnywhereIsCutShort) {
  const Bytes packed = Gzip(whole_);
  for (std::size_t n = 2; n < packed.size(); ++n) {
    EXPECT_THAT(FaultOf(Bytes(packed.begin(), packed.begin() + static_cast<std::ptrdiff_t>(n))),
                HasSubstr("gzip stream is cut short"))
        << n;
  }
}

TEST_F(GzipTest, RubbishBehindTheStreamIsDamage) {
  Bytes packed = Gzip(whole_);
  packed.insert(packed.end(), {'r', 'u', 'b'});
  EXPECT_THAT(FaultOf(packed), HasSubstr("gzip stream"));
}

TEST_F(GzipTest, MembersFollowOneAnother) {
  Bytes packed = Gzip(Bytes(whole_.begin(), whole_.begin() + 7));
  const Bytes rest = Gzip(Bytes(whole_.begin() + 7, whole_.end()));
  packed.insert(packed.end(), rest.begin(), rest.end());
  WriteBytes(path_, packed);
  const absl::StatusOr<IdxFile> file = ReadIdx(path_, IdxContent::kImages, kRoom);
  ASSERT_TRUE(file.ok()) << file.status();
  EXPECT_THAT(file->bytes, ElementsAre(1, 2, 3, 4, 5, 6));
}

// A thousand times the file's size is promised and delivered: only the limit may end it.
TEST_F(GzipTest, ABombEndsAtTheLimit) {
  WriteBytes(path_, Gzip(IdxBytes({2048, 1024}, Bytes(2048 * 1024))));
  const absl::Status status = ReadIdx(path_, IdxContent::kImages, kRoom).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted) << status;
}

// What the file is at fault for is told from what this machine cannot do: another may have the file whole.
TEST(IdxFileTest, WhatIsNoReadableFileIsNamed) {
  TemporaryFolder folder;
  const auto fault = [](const std::string& path, absl::StatusCode code) {
    const absl::Status status = ReadIdx(path, IdxContent::kImages, kRoom).status();
    EXPECT_EQ(status.code(), code) << status;
    EXPECT_THAT(std::string(status.message()), StartsWith(path));
    return std::string(status.message());
  };
  EXPECT_THAT(fault(folder / "nothing", absl::StatusCode::kUnavailable),
              HasSubstr("cannot be opened: No such file"));
  EXPECT_THAT(fault(folder.path(), absl::StatusCode::kDataLoss), HasSubstr("no regular file"));
  const std::string fifo = folder / "fifo";
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_THAT(fault(fifo, absl::StatusCode::kDataLoss), HasSubstr("no regular file"));
}

TEST(IdxFileTest, WithoutADescriptorLeftNoFileIsAtFault) {
  TemporaryFolder folder;
  WriteBytes(folder / "file", IdxBytes({1, 1}, {1}));
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &none), 0);
  const absl::Status status = ReadIdx(folder / "file", IdxContent::kImages, kRoom).status();
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &before), 0);
  EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
  EXPECT_THAT(std::string(status.message()), HasSubstr("Too many open files"));
}

}  // namespace
}  // namespace hpsearch::data
