#include "server/search/search_section.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/search/spaces.h"

namespace hpsearch::search {
namespace {

using model::Fault;
using testing::HasSubstr;

Search ReadWhole(const std::string& json) {
  model::Faults faults;
  Search search = Search::Read(Json(json), faults);
  EXPECT_TRUE(faults.empty()) << json << ": " << model::ToStatus(faults);
  return search;
}

void ExpectFault(const std::string& json, const std::string& path, const std::string& message) {
  model::Faults faults;
  Search::Read(Json(json), faults);
  ASSERT_EQ(faults.size(), 1u) << json << ": " << model::ToStatus(faults);
  EXPECT_EQ(faults[0].path, path) << json;
  EXPECT_THAT(faults[0].message, HasSubstr(message)) << json;
}

TEST(SearchTest, GridIsTheDefault) {
  for (const char* json :
       {"null", "{}", R"({"grid": {}})", R"({"grid": null})", R"({"grid": {"order": "product"}})"}) {
    EXPECT_FALSE(ReadWhole(json).refine.has_value()) << json;
  }
}

TEST(SearchTest, HasTheNameOfItsStrategy) {
  EXPECT_EQ(ReadWhole("{}").name(), "grid");
  EXPECT_EQ(ReadWhole(R"({"grid": {"order": "spread"}, "refine": {"rounds": 2}})").name(), "grid");
  EXPECT_EQ(ReadWhole(R"({"sobol": {"trials": 4}})").name(), "sobol");
}

TEST(SearchTest, ReadsRefinementWithItsDefaults) {
  EXPECT_EQ(ReadWhole(R"({"grid": {}, "refine": {"rounds": 3}})").refine, (Refinement{3, 5, 1}));
  EXPECT_EQ(ReadWhole(R"({"refine": {"rounds": 2, "num": 9, "around": 4}})").refine, (Refinement{2, 9, 4}));
}

TEST(SearchTest, SaysWhatIsWrong) {
  ExpectFault(R"({"refine": {}})", "search.refine", "'rounds' is missing");
  ExpectFault(R"({"refine": null})", "search.refine", "'rounds' is missing");
  ExpectFault(R"({"refine": {"rounds": 0}})", "search.refine.rounds", "an integer from 1 to 40");
  ExpectFault(R"({"refine": {"rounds": 2, "num": 3}})", "search.refine.num", "an integer from 5");
  ExpectFault(R"({"refine": {"rounds": 2, "num": 6}})", "search.refine.num", "an odd number");
  ExpectFault(R"({"refine": {"rounds": 2, "around": 0}})", "search.refine.around", "an integer from 1 to 16");
  ExpectFault(R"({"refine": {"rounds": 2, "arround": 2}})", "search.refine.arround", "did you mean 'around'?");
  ExpectFault(R"({"refine": {"rounds": 30, "num": 101}})", "search.refine.rounds", "at most 8 rounds");
  ExpectFault(R"({"refine": 3})", "search.refine", "mapping");
  ExpectFault(R"({"grd": {}})", "search.grd", "did you mean 'grid'?");
  ExpectFault(R"({"grid": {"order": "random"}})", "search.grid.order", "product");
  ExpectFault(R"("grid")", "search", "mapping");
  for (const char* strategy : {"cmaes", "nsga2"}) {
    ExpectFault(std::string(R"({")") + strategy + R"(": {"trials": 3}})", std::string("search.") + strategy,
                "not supported yet");
  }
}

TEST(SearchTest, ReadsTheGridsOrder) {
  const Search search = ReadWhole(R"({"grid": {"order": "spread"}})");
  EXPECT_EQ(search.order, Search::Order::kSpread);
  EXPECT_EQ(ReadWhole(model::ToJson(search.Document())), search);
  EXPECT_EQ(ReadWhole(R"({"grid": {}})").order, Search::Order::kProduct);
}

TEST(SearchTest, ReadsAStrategy) {
  const Search search = ReadWhole(R"({"random": {"trials": 30}, "refine": {"rounds": 2}})");
  ASSERT_TRUE(search.sampling.has_value());
  EXPECT_EQ(search.sampling->name(), "random");
  EXPECT_EQ(search.sampling->trials, 30);
  EXPECT_FALSE(search.sampling->learns());
  EXPECT_TRUE(search.SameForAnyWorkers());
  EXPECT_EQ(search.refine, (Refinement{2, 5, 1}));
  EXPECT_EQ(ReadWhole(model::ToJson(search.Document())), search);
  ExpectFault(R"({"random": {}})", "search.random", "'trials' is missing");
  ExpectFault(R"({"random": {"trials": 0}})", "search.random.trials", "from 1");
  ExpectFault(R"({"random": {"trials": 3, "batch": 2}})", "search.random.batch", "'batch'");
  ExpectFault(R"({"grid": {}, "random": {"trials": 3}})", "search.random", "'grid' stands here already");
}

TEST(SearchTest, EqualMeaningsAreEqualDocuments) {
  EXPECT_EQ(ReadWhole("null").Document(), ReadWhole(R"({"grid": {"order": "product"}})").Document());
  EXPECT_EQ(ReadWhole(R"({"refine": {"rounds": 3}})").Document(),
            ReadWhole(R"({"refine": {"around": 1, "num": 5, "rounds": 3}, "grid": {}})").Document());
  EXPECT_EQ(ReadWhole(R"({"refine": {"rounds": 1}})").Document(), ReadWhole("{}").Document());
  const Search search = ReadWhole(R"({"refine": {"rounds": 3, "num": 7, "around": 2}})");
  EXPECT_EQ(ReadWhole(model::ToJson(search.Document())), search);
}

TEST(RefinementTest, StepsStayExact) {
  const Refinement fives = {.rounds = 40, .num = 5};
  EXPECT_EQ(fives.StepAfter(0), (Step{1, 1}));
  EXPECT_EQ(fives.StepAfter(39), (Step{1, std::int64_t{1} << 39}));
  EXPECT_EQ(fives.StepAfter(41), std::nullopt);
  EXPECT_EQ((Refinement{.num = 9}).StepAfter(3), (Step{1, 64}));
  EXPECT_EQ((Refinement{.shrink = 0.3}).StepAfter(2), (Step{9, 100}));
  EXPECT_EQ((Refinement{.shrink = 2.0 / 3}).StepAfter(2), (Step{4, 9}));
  EXPECT_EQ((Refinement{.num = 9, .shrink = 0.5}).StepAfter(3), (Step{1, 8}));
  EXPECT_EQ((Refinement{.shrink = 0.999}).StepAfter(4), (Step{998001LL * 998001, 1'000'000'000'000}));
  EXPECT_EQ((Refinement{.shrink = 0.999}).StepAfter(5), std::nullopt);
}

TEST(RefinementTest, WhatIsSaidOfRoundsStandsInTheDocument) {
  const Search search =
      ReadWhole(R"({"refine": {"rounds": 3, "shrink": 0.3, "epochs": [3, 6, 6, 12], "min_gain": 0.001}})");
  EXPECT_EQ(search.refine->shrink, 0.3);
  EXPECT_EQ(search.refine->min_gain, 0.001);
  EXPECT_EQ(search.refine->EpochsOf(1), 3);
  EXPECT_EQ(search.refine->EpochsOf(3), 6);
  EXPECT_EQ(search.refine->EpochsOf(9), 12);
  EXPECT_EQ(model::ToJson(search.Document()),
            R"({"grid":{},"refine":{"rounds":3,"num":5,"around":1,"shrink":0.3,"epochs":[3,6,6,12],)"
            R"("min_gain":0.001}})");
  EXPECT_EQ(ReadWhole(model::ToJson(search.Document())), search);
  // As every version has had it.
  EXPECT_EQ(model::ToJson(ReadWhole(R"({"refine": {"rounds": 3}})").Document()),
            R"({"grid":{},"refine":{"rounds":3,"num":5,"around":1}})");
  const Search noisy = ReadWhole(R"({"refine": {"rounds": 3, "until_noise": true}})");
  EXPECT_TRUE(noisy.refine->until_noise);
  EXPECT_EQ(ReadWhole(model::ToJson(noisy.Document())), noisy);
  EXPECT_EQ(ReadWhole(R"({"refine": {"rounds": 3, "until_noise": false}})").Document(),
            ReadWhole(R"({"refine": {"rounds": 3}})").Document());
  // Of one round these count too.
  const Search one = ReadWhole(R"({"refine": {"rounds": 1, "epochs": [2]}})");
  EXPECT_EQ(ReadWhole(model::ToJson(one.Document())), one);
}

TEST(RefinementTest, SaysWhatIsWrongWithRounds) {
  const auto expect = [](const std::string& keys, const std::string& key, const std::string& message) {
    ExpectFault(R"({"refine": {"rounds": 3, )" + keys + "}}", "search.refine." + key, message);
  };
  expect(R"("shrink": 0)", "shrink", "a number in (0, 1)");
  expect(R"("shrink": 1)", "shrink", "a number in (0, 1)");
  expect(R"("shrink": 0.33333)", "shrink", "0.33333 is no fraction of integers up to 1000");
  expect(R"("shrink": 1e-9)", "shrink", "no fraction of integers");
  ExpectFault(R"({"refine": {"rounds": 9, "shrink": 0.333}})", "search.refine.rounds",
              "at most 5 rounds are wanted, or a fraction of smaller numbers");
  expect(R"("epochs": [])", "epochs", "an empty sequence");
  expect(R"("epochs": [3, 2])", "epochs[1]", "2 behind 3");
  expect(R"("epochs": [0])", "epochs[0]", "an integer from 1");
  expect(R"("epochs": ["x"])", "epochs[0]", "an integer from 1");
  expect(R"("min_gain": -1)", "min_gain", "a number from 0");
  expect(R"("until_noise": 1)", "until_noise", "true or false");
}

}  // namespace
}  // namespace hpsearch::search
