#include "worker/data/idx_set.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "tests/worker/data/idx_files.h"

namespace hpsearch::data {
namespace {

using ::testing::AllOf;
using ::testing::HasSubstr;

class IdxSetTest : public ::testing::TestWithParam<bool> {
 protected:
  std::string FaultOf(const IdxSet& set) {
    set.Write(folder_.path(), GetParam());
    const absl::Status status = ReadIdxSet(folder_.path()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << status;
    return std::string(status.message());
  }
  std::string FileOf(const std::string& stem) { return folder_ / (stem + (GetParam() ? ".gz" : "")); }

  TemporaryFolder folder_;
  IdxSet set_ = IdxSet::Counting(7, 5, 3);
};

INSTANTIATE_TEST_SUITE_P(Compression, IdxSetTest, ::testing::Bool(),
                         [](const auto& gzipped) { return gzipped.param ? "Gzipped" : "Plain"; });

TEST_P(IdxSetTest, ReadsBothParts) {
  set_.Write(folder_.path(), GetParam());
  const absl::StatusOr<Dataset> dataset = ReadIdxSet(folder_.path());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->shape, (model::DatasetShape{{2, 3}, 3, 7, 5}));
  EXPECT_EQ(dataset->train.features, Bytes(set_.train_images.begin() + 16, set_.train_images.end()));
  EXPECT_EQ(dataset->train.labels, (Bytes{0, 1, 2, 0, 1, 2, 0}));
  EXPECT_EQ(dataset->test.features, Bytes(set_.test_images.begin() + 16, set_.test_images.end()));
  EXPECT_EQ(dataset->test.labels, (Bytes{0, 1, 2, 0, 1}));
}

TEST_P(IdxSetTest, CountsLabelsAgainstImages) {
  set_.train_labels = IdxSet::Counting(6, 5, 3).train_labels;
  EXPECT_THAT(FaultOf(set_),
              HasSubstr(FileOf("train-labels-idx1-ubyte") + ": 6 labels, but train-images-idx3-ubyte"));
  set_ = IdxSet::Counting(7, 5, 3);
  set_.test_images = IdxSet::Counting(7, 12345, 3).test_images;
  EXPECT_THAT(FaultOf(set_),
              AllOf(HasSubstr(FileOf("t10k-labels-idx1-ubyte") + ": 5 labels"), HasSubstr("has 12,345 images")));
}

TEST_P(IdxSetTest, ComparesTheSamplesOfBothParts) {
  set_.test_images = IdxBytes({5, 3, 2}, Bytes(30));
  EXPECT_THAT(FaultOf(set_),
              AllOf(HasSubstr(FileOf("t10k-images-idx3-ubyte") + ": images of 3x2"), HasSubstr("are 2x3")));
}

TEST_P(IdxSetTest, RefusesLabelsThatMakeNoClasses) {
  set_.train_labels[8 + 5] = 200;
  EXPECT_THAT(FaultOf(set_),
              HasSubstr(FileOf("train-labels-idx1-ubyte") + ": row 5 has label 200, but no row has label 3"));
  set_ = IdxSet::Counting(7, 5, 3);
  set_.test_labels[8 + 2] = 3;
  EXPECT_THAT(FaultOf(set_), HasSubstr(FileOf("t10k-labels-idx1-ubyte") + ": row 2 has label 3"));
  set_ = IdxSet::Counting(7, 5, 3);
  for (std::size_t i = 8; i < set_.train_labels.size(); ++i) set_.train_labels[i] += 2;
  EXPECT_THAT(FaultOf(set_),
              HasSubstr(FileOf("train-labels-idx1-ubyte") + ": its lowest label is 2; classes are"));
}

TEST_P(IdxSetTest, LabelsMayBeginAtOne) {
  for (Bytes* labels : {&set_.train_labels, &set_.test_labels}) {
    for (std::size_t i = 8; i < labels->size(); ++i) ++(*labels)[i];
  }
  set_.Write(folder_.path(), GetParam());
  const absl::StatusOr<Dataset> dataset = ReadIdxSet(folder_.path());
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ(dataset->shape.classes, 4);
}

TEST_P(IdxSetTest, TellsAMislabelledFile) {
  std::swap(set_.train_labels, set_.train_images);
  EXPECT_THAT(FaultOf(set_), HasSubstr(FileOf("train-labels-idx1-ubyte") + ": holds 3 axes (these are images)"));
}

TEST_P(IdxSetTest, NamesAFileThatIsMissing) {
  set_.Write(folder_.path(), GetParam());
  std::filesystem::remove(FileOf("t10k-labels-idx1-ubyte"));
  const absl::Status status = ReadIdxSet(folder_.path()).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss);
  EXPECT_THAT(std::string(status.message()), HasSubstr(folder_ / "t10k-labels-idx1-ubyte: is missing"));
}

TEST_P(IdxSetTest, TheLimitIsForAllFourFilesTogether) {
  set_.Write(folder_.path(), GetParam());
  const std::uint64_t all = 7 * 6 + 7 + 5 * 6 + 5;
  EXPECT_TRUE(ReadIdxSet(folder_.path(), all).ok());
  EXPECT_EQ(ReadIdxSet(folder_.path(), all - 1).status().code(), absl::StatusCode::kResourceExhausted);
}

// As the system refuses to look into it (here: no name is that long), not even what is missing can be said.
TEST(IdxSetFolderTest, AFolderThatCannotBeLookedIntoIsNoSet) {
  EXPECT_FALSE(LooksLikeIdxSet("/" + std::string(300, 'x')));
}

TEST(ContentHashTest, IsOfTheContentAlone) {
  TemporaryFolder plain, packed;
  IdxSet set = IdxSet::Counting(7, 5, 3);
  set.Write(plain.path(), false);
  set.Write(packed.path(), true);
  const std::string hash = ReadIdxSet(plain.path())->hash;
  EXPECT_EQ(hash.size(), 32u);
  EXPECT_EQ(ReadIdxSet(packed.path())->hash, hash);

  const auto hash_of = [&](const IdxSet& changed) {
    changed.Write(plain.path(), false);
    return ReadIdxSet(plain.path())->hash;
  };
  IdxSet changed = set;
  changed.train_images.back() ^= 1;
  EXPECT_NE(hash_of(changed), hash);
  changed = set;
  changed.test_labels[8] = 1;
  EXPECT_NE(hash_of(changed), hash);
  // The same bytes as images of another shape.
  changed = set;
  std::swap(changed.train_images[11], changed.train_images[15]);
  std::swap(changed.test_images[11], changed.test_images[15]);
  EXPECT_NE(hash_of(changed), hash);
}

// Whatever happens to a file's bytes, it is read as it was, or its damage is told; a plain file's contents alone
// may change unseen, for nothing there checks them.
TEST(IdxSetPropertyTest, DamageIsToldNeverTaken) {
  const IdxSet set = IdxSet::Counting(40, 20, 4);
  TemporaryFolder folder;
  set.Write(folder.path(), true);
  const std::string hash = ReadIdxSet(folder.path())->hash;
  const char* const stems[] = {"train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte",
                               "t10k-labels-idx1-ubyte"};
  EXPECT_TRUE(rc::check([&] {
    const bool gzipped = *rc::gen::arbitrary<bool>();
    set.Write(folder.path(), true);
    const std::string packed_path = folder / (std::string(stems[*rc::gen::inRange(0, 4)]) + ".gz");
    Bytes bytes = ReadBytes(packed_path);
    if (!gzipped) {
      // The plain file stands before the gzipped one.
      const int which = *rc::gen::inRange(0, 4);
      const Bytes* plain[] = {&set.train_images, &set.train_labels, &set.test_images, &set.test_labels};
      bytes = *plain[which];
      const std::size_t header = which % 2 == 0 ? 16 : 8;
      bytes[*rc::gen::inRange<std::size_t>(0, header)] ^= *rc::gen::inRange(1, 256);
      WriteBytes(folder / stems[which], bytes);
    } else {
      const int flips = *rc::gen::inRange(0, 4);
      for (int i = 0; i < flips; ++i) {
        bytes[*rc::gen::inRange<std::size_t>(0, bytes.size())] ^=
            static_cast<std::uint8_t>(*rc::gen::inRange(0, 256));
      }
      bytes.resize(bytes.size() -
                   (*rc::gen::arbitrary<bool>() ? *rc::gen::inRange<std::size_t>(0, bytes.size()) : 0));
      WriteBytes(packed_path, bytes);
    }
    const absl::StatusOr<Dataset> read = ReadIdxSet(folder.path());
    for (const char* stem : stems) std::filesystem::remove(folder / stem);
    if (read.ok()) {
      RC_ASSERT(gzipped);
      RC_ASSERT(read->hash == hash);
    } else {
      RC_ASSERT(read.status().code() == absl::StatusCode::kDataLoss);
      RC_ASSERT(std::string(read.status().message()).starts_with(folder.path()));
    }
  }));
}

// A plain file cut anywhere, or with bytes behind it.
TEST(IdxSetPropertyTest, APlainFileOfAnotherLengthIsDamaged) {
  const IdxSet set = IdxSet::Counting(9, 5, 3);
  TemporaryFolder folder;
  set.Write(folder.path(), false);
  const std::string path = folder / "train-images-idx3-ubyte";
  for (std::size_t n = 0; n < set.train_images.size() + 3; ++n) {
    if (n == set.train_images.size()) continue;
    Bytes bytes = set.train_images;
    bytes.resize(n);
    WriteBytes(path, bytes);
    const absl::Status status = ReadIdxSet(folder.path()).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kDataLoss) << n;
  }
}

}  // namespace
}  // namespace hpsearch::data
