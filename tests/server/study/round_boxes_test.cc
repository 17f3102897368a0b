// What rounds' rows tell of where they look, and why.
#include "server/study/round_boxes.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "tests/server/search/spaces.h"
#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

TEST(RoundBoxes, TheFirstIsWhatTheStudyGives) {
  const search::SearchSpace space = search::SpaceOf(
      R"({"rate":{"logspace":{"start":0,"stop":-2,"num":3}},"units":{"values":[32,8]},"kind":{"values":["a","b"]},
          "drop":{"range":{"low":0.0,"high":0.5}},"one":0.25,"count":{"int_range":{"low":2,"high":9}}})",
      {{"kind", {.key = "kind", .type = model::KeyType::kAny}},
       {"count", search::kInteger},
       {"units", search::kInteger}});
  const search::Search search = [] {
    model::Faults faults;
    return search::Search::Read(model::FromJson(R"({"random":{"trials":4}})").value(), faults);
  }();
  const search::Rounds rounds = search::Rounds::Open(space, search, 0).value();
  EXPECT_EQ(BoxesOf(space, rounds.current(), {}),
            R"([{"axes":{"rate":{"low":0.01,"high":1.0,"num":3},"units":{"low":8,"high":32,"num":2},)"
            R"("drop":{"low":0.0,"high":0.5,"num":null},"count":{"low":2,"high":9,"num":null}}}])");
}

TEST(RoundBoxes, LaterOnesAreRoundTheBest) {
  World world;
  const auto worker = world.Start();
  ASSERT_TRUE(world
                  .Create({.rates = R"({"logspace":{"start":-3,"stop":0,"num":4}})",
                           .search = R"({"refine":{"rounds":2,"around":2}})"})
                  .ok());
  world.TrainAll(*worker);
  EXPECT_EQ(world.store.rounds()[0].boxes, R"([{"axes":{"rate":{"low":0.001,"high":1.0,"num":4}}}])");
  const auto objective = [&](int trial) { return model::ToJson(model::Node(*world.Trial(trial).objective)); };
  EXPECT_EQ(world.store.rounds()[1].boxes,
            fmt::format(R"([{{"trial":3,"objective":{},"centre":{{"rate":0.1}},)"
                        R"("axes":{{"rate":{{"low":0.01,"high":1.0,"num":5}}}}}},)"
                        R"({{"trial":2,"objective":{},"centre":{{"rate":0.01}},)"
                        R"("axes":{{"rate":{{"low":0.001,"high":0.1,"num":5}}}}}}])",
                        objective(3), objective(2)));
}

}  // namespace
}  // namespace hpsearch::study
