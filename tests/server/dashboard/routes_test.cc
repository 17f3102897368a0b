// Paths and queries taken apart. What is answered is looked at in tests/browser, over a real database.
#include "server/dashboard/routes.h"

#include <gmock/gmock.h>

#include "server/dashboard/assets.h"

namespace hpsearch::dashboard {
namespace {

using ::testing::IsEmpty;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(ParseTarget, TakesPathAndQueryApart) {
  const auto target = ParseTarget("/api/studies/s/trials?sort=learning_rate&descending&state=a%26b+c");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->path, "/api/studies/s/trials");
  EXPECT_THAT(target->query,
              UnorderedElementsAre(Pair("sort", "learning_rate"), Pair("descending", ""), Pair("state", "a&b c")));
}

TEST(ParseTarget, RefusesBadEscapes) {
  for (const char* text : {"/%", "/%4", "/%zz", "/?a=%g0", "/?%=1"}) {
    EXPECT_TRUE(absl::IsInvalidArgument(ParseTarget(text).status())) << text;
  }
}

TEST(ParseTarget, IsEmptyWhereNothingIsSaid) {
  const auto target = ParseTarget("");
  ASSERT_TRUE(target.ok());
  EXPECT_EQ(target->path, "");
  EXPECT_THAT(target->query, IsEmpty());
}

TEST(EventsOf, NamesTheStudyOfItsPathAlone) {
  EXPECT_EQ(EventsOf({"/api/studies/mlp/events", {}}), "mlp");
  for (const char* path :
       {"/api/studies/mlp", "/api/studies/mlp/events/more", "/api/studies//events", "/events"}) {
    EXPECT_EQ(EventsOf({path, {}}), "") << path;
  }
}

TEST(FindAsset, HasThePageAndNothingElse) {
  const Asset* page = FindAsset("/");
  ASSERT_NE(page, nullptr);
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  EXPECT_EQ(page->gzip.substr(0, 2), "\x1f\x8b");
  EXPECT_GT(FindAsset("/echarts.min.js")->gzip.size(), 100'000U);
  EXPECT_EQ(FindAsset("/../main.js"), nullptr);
  EXPECT_EQ(FindAsset("/nosuch.js"), nullptr);
}

}  // namespace
}  // namespace hpsearch::dashboard
