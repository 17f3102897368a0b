#include "server/search/warm_start.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "server/search/search_section.h"
#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Search Read(const std::string& warm_start, model::Faults& faults, const std::string& strategy = "tpe") {
  return Search::Read(Json(R"({")" + strategy + R"(": {"trials": 4}, "warm_start": )" + warm_start + "}"), faults);
}

TEST(WarmStart, NamesOneStudyOrSeveral) {
  model::Faults faults;
  EXPECT_THAT(Read(R"({"study": "a"})", faults).warm_start, ElementsAre("a"));
  const Search one = Read(R"({"studies": ["a"]})", faults);
  EXPECT_EQ(*one.Document().Find("warm_start"), Json(R"({"study": "a"})"));
  const Search two = Read(R"({"studies": ["b", "a"]})", faults, "gp");
  EXPECT_EQ(*two.Document().Find("warm_start"), Json(R"({"studies": ["b", "a"]})"));
  EXPECT_EQ(Search::Read(two.Document(), faults), two);
  EXPECT_EQ(Read("null", faults).Document().Find("warm_start"), nullptr);
  EXPECT_TRUE(faults.empty()) << model::ToStatus(faults);
}

TEST(WarmStart, SaysWhatIsWrong) {
  const auto expect = [](const std::string& json, const std::string& path, const std::string& message,
                         const std::string& strategy = "tpe") {
    model::Faults faults;
    Read(json, faults, strategy);
    ASSERT_EQ(faults.size(), 1U) << json << ": " << model::ToStatus(faults);
    EXPECT_EQ(faults[0].path, path) << json;
    EXPECT_THAT(faults[0].message, HasSubstr(message)) << json;
  };
  expect(R"({"study": "a"})", "search.warm_start", "tpe or gp is wanted", "sobol");
  expect(R"({})", "search.warm_start", "{study: NAME}");
  expect(R"({"study": "a", "studies": ["b"]})", "search.warm_start", "{study: NAME}");
  expect(R"({"study": 3})", "search.warm_start.study", "text");
  expect(R"({"studys": "a"})", "search.warm_start.studys", "did you mean 'study'?");
  expect(R"({"studies": []})", "search.warm_start.studies", "an empty sequence");
  expect(R"({"studies": ["a", "b", "a"]})", "search.warm_start.studies[2]", "twice");
  expect(R"({"studies": ["a","b","c","d","e","f","g","h","i","j","k"]})", "search.warm_start.studies",
         "11 studies");
  expect(R"("a")", "search.warm_start", "mapping");
}

}  // namespace
}  // namespace hpsearch::search
