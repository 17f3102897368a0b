#include "worker/data/catalog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdint>
#include <fstream>
#include <latch>
#include <set>
#include <thread>

#include "tests/worker/data/idx_files.h"

namespace hpsearch::data {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::string MessageOf(const absl::Status& status) { return std::string(status.message()); }

TEST(CatalogTest, ListsSetsByNameAndTheFirstFolderWins) {
  TemporaryFolder first, second;
  IdxSet::Counting(8, 4, 2).Write(first / "shapes", false);
  IdxSet::Counting(8, 4, 2).Write(second / "letters", true);
  IdxSet::Counting(9, 4, 3).Write(second / "shapes", true);
  std::filesystem::create_directory(second / "other");
  WriteBytes(second / "file", {1});
  Catalog catalog({first / "nowhere", first.path(), second.path()});
  const std::vector<Found> sets = catalog.List();
  ASSERT_EQ(sets.size(), 2u);
  EXPECT_EQ(sets[0].name, "letters");
  EXPECT_EQ(sets[1].name, "shapes");
  EXPECT_EQ(sets[1].folder, first / "shapes");
  EXPECT_EQ(sets[1].format, "idx");
  EXPECT_EQ((*catalog.Load("shapes"))->shape.classes, 2);
}

TEST(CatalogTest, LoadsByNameAndByPath) {
  TemporaryFolder folder;
  IdxSet::Counting(8, 4, 2).Write(folder / "shapes", true);
  Catalog catalog({folder.path()});
  const auto by_name = catalog.Load("shapes");
  ASSERT_TRUE(by_name.ok()) << by_name.status();
  EXPECT_EQ((*by_name)->key, "shapes");
  const auto by_path = catalog.Load(folder / "shapes");
  ASSERT_TRUE(by_path.ok()) << by_path.status();
  EXPECT_EQ((*by_path)->key, folder / "shapes");
  EXPECT_EQ((*by_path)->hash, (*by_name)->hash);
}

TEST(CatalogTest, SaysWhereItLookedAndWhatThereIs) {
  TemporaryFolder folder;
  IdxSet::Counting(8, 4, 2).Write(folder / "shapes", true);
  Catalog catalog({folder.path(), "/nowhere"});
  absl::Status status = catalog.Load("mnist").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(MessageOf(status),
              AllOf(HasSubstr("'mnist'"), HasSubstr(folder.path() + ":/nowhere"), HasSubstr("there are shapes")));
  status = Catalog({"/nowhere"}).Load("mnist").status();
  EXPECT_THAT(MessageOf(status), HasSubstr("there is none at all"));
  EXPECT_EQ(catalog.Load("..").status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(catalog.Load("").status().code(), absl::StatusCode::kNotFound);
  status = catalog.Load("/nowhere/at/all").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(MessageOf(status), HasSubstr("there is no such folder"));
  EXPECT_THAT(MessageOf(catalog.Load(folder.path()).status()), HasSubstr("no data set is in this folder"));
}

TEST(CatalogTest, ADamagedSetIsListedAndToldWhenLoadedAndReadAgainOnceMended) {
  TemporaryFolder folder;
  const IdxSet whole = IdxSet::Counting(8, 4, 2);
  IdxSet damaged = whole;
  damaged.train_images.pop_back();
  damaged.Write(folder / "shapes", false);
  Catalog catalog({folder.path()});
  EXPECT_EQ(catalog.List().size(), 1u);
  EXPECT_EQ(catalog.Load("shapes").status().code(), absl::StatusCode::kDataLoss);
  whole.Write(folder / "shapes", false);
  EXPECT_TRUE(catalog.Load("shapes").ok());
}

TEST(CatalogTest, ASetIsReadOnceWhileItIsInUse) {
  TemporaryFolder folder;
  IdxSet::Counting(8, 4, 2).Write(folder / "shapes", true);
  Catalog catalog({folder.path()});
  const auto once = *catalog.Load("shapes");
  std::filesystem::remove_all(folder / "shapes");
  EXPECT_EQ(*catalog.Load("shapes"), once);
}

TEST(CatalogTest, TheLastUsedStayBetweenTrialsAndOthersAreFreed) {
  TemporaryFolder folder;
  for (const char* name : {"a", "b", "c"}) IdxSet::Counting(8, 4, 2).Write(folder / name, true);
  Catalog catalog({folder.path()});
  std::weak_ptr<const Dataset> a = *catalog.Load("a");
  EXPECT_FALSE(a.expired());
  std::weak_ptr<const Dataset> b = *catalog.Load("b");
  std::weak_ptr<const Dataset> a_again = *catalog.Load("a");
  EXPECT_EQ(a.lock(), a_again.lock());
  std::weak_ptr<const Dataset> c = *catalog.Load("c");
  EXPECT_FALSE(a.expired());
  EXPECT_TRUE(b.expired());
  EXPECT_FALSE(c.expired());
}

TEST(CatalogTest, ThreadsThatWantOneSetGetOne) {
  TemporaryFolder folder;
  IdxSet::Counting(2000, 40, 10).Write(folder / "shapes", true);
  for (int round = 0; round < 20; ++round) {
    Catalog catalog({folder.path()});
    std::vector<std::shared_ptr<const Dataset>> got(8);
    std::latch together(8);
    std::vector<std::thread> threads;
    for (int i = 0; i < 8; ++i) {
      threads.emplace_back([&, i] {
        together.arrive_and_wait();
        got[i] = *catalog.Load("shapes");
      });
    }
    for (std::thread& thread : threads) thread.join();
    EXPECT_EQ(std::set(got.begin(), got.end()).size(), 1u);
  }
}

// Passed over, they cannot end a worker's session, whose messages bear UTF-8 alone.
TEST(CatalogTest, FoldersThatNoStudyCouldNameAreNoSets) {
  TemporaryFolder folder;
  for (const char* name : {"caf\xe9", ".hidden", "a\nb", "caf\xc3\xa9"}) {
    IdxSet::Counting(8, 4, 2).Write(folder / name, true);
  }
  const std::vector<Found> sets = Catalog({folder.path()}).List();
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0].name, "caf\xc3\xa9");
}

void WriteText(const std::string& path, const std::string& text) {
  WriteBytes(path, Bytes(text.begin(), text.end()));
}

TEST(CatalogTest, ATableIsAFileOfTheName) {
  TemporaryFolder folder;
  WriteText(folder / "points.csv", "1,2,0\n3,4,1\n5,6,1\n");
  WriteText(folder / "points.data", "1,0\n");  // the path that is first has the name
  WriteText(folder / "points.txt", "1,0\n");
  Catalog catalog({folder.path()});
  const std::vector<Found> sets = catalog.List();
  ASSERT_EQ(sets.size(), 1u);
  EXPECT_EQ(sets[0].name, "points");
  EXPECT_EQ(sets[0].folder, folder / "points.csv");
  EXPECT_EQ(sets[0].format, "csv");
  const auto table = catalog.Load("points");
  ASSERT_TRUE(table.ok()) << table.status();
  EXPECT_TRUE((*table)->shape.table);
  const auto set = catalog.Load(model::DatasetSpec{.name = "points"});
  ASSERT_TRUE(set.ok()) << set.status();
  EXPECT_EQ((*set)->key, "points");
  EXPECT_EQ((*set)->hash, (*table)->hash);
  EXPECT_EQ((*set)->shape, (model::DatasetShape{.sample = {2}, .classes = 2, .train_rows = 3, .numbers = true}));
  EXPECT_TRUE(catalog.Load(model::DatasetSpec{.path = folder / "points.csv"}).ok());
}

TEST(CatalogTest, ATableIsInMemoryOnceForEachMapping) {
  TemporaryFolder folder;
  WriteText(folder / "points.csv", "1,2,0\n3,4,1\n");
  Catalog catalog({folder.path()});
  const model::DatasetSpec last = {.name = "points", .target = -1};
  const model::DatasetSpec first = {.name = "points", .target = 0};
  const auto one = *catalog.Load(last);
  const auto other = *catalog.Load(first);
  EXPECT_NE(one, other);
  EXPECT_EQ(*catalog.Load(last), one);
  EXPECT_EQ(*catalog.Load(first), other);
  EXPECT_EQ(*catalog.Load(model::DatasetSpec{.name = "points", .classes = {0, 1}}), one);
}

TEST(CatalogTest, WhatIsNoTableHasNoColumnsToMap) {
  TemporaryFolder folder;
  IdxSet::Counting(8, 4, 2).Write(folder / "shapes", true);
  Catalog catalog({folder.path()});
  const absl::Status status = catalog.Load(model::DatasetSpec{.name = "shapes", .target = 0}).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(MessageOf(status), HasSubstr("dataset.target: shapes is no table"));
  EXPECT_EQ(*catalog.Load(model::DatasetSpec{.name = "shapes"}), *catalog.Load("shapes"));
}

// Debian's package, of the group [data] in deploy/packages.txt.
TEST(FashionMnistTest, IsSixtyThousandImages) {
  ASSERT_TRUE(std::filesystem::exists("/usr/share/datasets/fashion-mnist"))
      << "Debian's package dataset-fashion-mnist is not installed; deploy/install installs it";
  Catalog catalog({"/usr/share/datasets"});
  const auto dataset = catalog.Load("fashion-mnist");
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  EXPECT_EQ((*dataset)->shape, (model::DatasetShape{{28, 28}, 10, 60'000, 10'000}));
  // The first labels of the training part, as the data set's own documentation shows them.
  EXPECT_EQ((*dataset)->train.labels[0], 9);
  EXPECT_EQ((*dataset)->train.labels[1], 0);
}

// A sanitizer keeps memory of its own for each byte, and what is freed besides.
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
std::int64_t ResidentBytes() {
  std::ifstream statm("/proc/self/statm");
  std::int64_t pages = 0;
  std::int64_t resident = 0;
  statm >> pages >> resident;
  return resident * sysconf(_SC_PAGESIZE);
}

// Loaded as by a slot, on a thread of its own: what its reading took does not stay with the thread.
TEST(FashionMnistTest, CostsItsBytesAndNoBuffers) {
  Catalog catalog({"/usr/share/datasets"});
  const std::int64_t before = ResidentBytes();
  absl::StatusOr<std::shared_ptr<const Dataset>> dataset;
  std::thread([&] { dataset = catalog.Load("fashion-mnist"); }).join();
  const std::int64_t after = ResidentBytes();
  ASSERT_TRUE(dataset.ok()) << dataset.status();
  const std::int64_t bytes = (*dataset)->train.elements() + (*dataset)->test.elements();
  EXPECT_LE(after - before, bytes + bytes / 10);
}
#endif

}  // namespace
}  // namespace hpsearch::data
