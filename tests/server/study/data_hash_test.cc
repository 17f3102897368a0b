#include "server/study/data_hash.h"

#include <gtest/gtest.h>

namespace hpsearch::study {
namespace {

constexpr char kTwo[] = R"({"digits":"d1","letters":"l1"})";

WorkerHello WithBoth() {
  WorkerHello worker;
  worker.datasets = {{.key = "letters", .hash = "l1"}, {.key = "digits", .hash = "d1"}};
  return worker;
}

TEST(DataHash, OfOneSetIsItsHash) {
  EXPECT_EQ(DataHashOf({"digits"}, WithBoth()), "d1");
  EXPECT_EQ(HashIn("d1", "digits"), "d1");
  EXPECT_FALSE(IsOfSeveral("d1"));
}

TEST(DataHash, OfSeveralIsAnObjectOfTheirs) {
  EXPECT_EQ(DataHashOf({"digits", "letters"}, WithBoth()), kTwo);
  EXPECT_TRUE(IsOfSeveral(kTwo));
  EXPECT_EQ(HashIn(kTwo, "letters"), "l1");
  EXPECT_EQ(HashIn(kTwo, "faces"), "");
  EXPECT_EQ(HashIn("{", "letters"), "") << "damaged";
  EXPECT_EQ(HashIn(R"({"letters":7})", "letters"), "");
}

TEST(DataHash, IsSharedWhereOneContentIs) {
  EXPECT_TRUE(ShareData("d1", "d1"));
  EXPECT_TRUE(ShareData("d1", kTwo));
  EXPECT_TRUE(ShareData(kTwo, R"({"characters":"l1","faces":"f1"})"));
  EXPECT_FALSE(ShareData("d2", kTwo));
  EXPECT_FALSE(ShareData(kTwo, R"({"digits":"l2","letters":"d2"})"));
}

TEST(DataHash, ReadOnceIsReadAnewWhereItIsAnother) {
  DataHashes hashes;
  EXPECT_EQ(hashes.In(kTwo, "digits"), "d1");
  EXPECT_EQ(hashes.In(kTwo, "letters"), "l1");
  EXPECT_EQ(hashes.In(kTwo, "faces"), "");
  EXPECT_EQ(hashes.In(R"({"digits":"d2"})", "digits"), "d2");
  EXPECT_EQ(hashes.In(R"({"digits":"d2"})", "letters"), "") << "what it was before is forgotten";
  EXPECT_EQ(hashes.In("d3", "digits"), "d3");
  EXPECT_EQ(hashes.In(kTwo, "digits"), "d1");
}

}  // namespace
}  // namespace hpsearch::study
