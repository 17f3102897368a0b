// Which worker may train a study's trials, verdict by verdict, and what is said where none may.
#include "server/study/placement.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <string>
#include <vector>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

const model::DatasetShape kMisfit = {.sample = {4}, .classes = 10, .train_rows = 60, .test_rows = 10};

WorkerHello Worker(const std::function<void(WorkerHello&)>& change = nullptr) {
  WorkerHello hello = World::Hello();
  if (change) change(hello);
  return hello;
}

// One that has begun on content "hash", with arithmetic "digest".
StudyRecord Begun() { return {.name = "s", .data_hash = "hash", .numerics_digest = "digest", .started_at = 1}; }

TEST(Placement, OneThatHasBegunWaitsAndSaysForWhat) {
  struct Case {
    std::string text;  // of the study's instruction set
    std::function<void(WorkerHello&)> change;
    std::string reason;
  };
  const std::vector<Case> cases = {
      {"native", [](WorkerHello& w) { w.datasets.clear(); }, "waiting for a worker with data set digits"},
      {"native", [](WorkerHello& w) { w.datasets[0].key = "letters"; },
       "waiting for a worker with data set digits"},
      {"native", [](WorkerHello& w) { w.datasets[0].fault = "cut short"; }, "worker w has not: cut short"},
      {"native", [](WorkerHello& w) { w.datasets[0].shape = kMisfit; },
       "fits the study; that of worker w does not"},
      {"native", [](WorkerHello& w) { w.datasets[0].hash = "other"; }, "another (hash other)"},
      {"native", [](WorkerHello& w) { w.instruction_set = "avx2"; }, "is pinned to avx2"},
      {"avx2", [](WorkerHello&) {}, "worker w is pinned to none"},
      {"avx2", [](WorkerHello& w) { w.instruction_set = "sse41"; }, "worker w is pinned to sse41"},
      {"avx2",
       [](WorkerHello& w) {
         w.instruction_set = "sse41";
         w.datasets[0].shape = kMisfit;
       },
       "fits the study"},
      {"native", [](WorkerHello& w) { w.numerics_digest = "other"; }, "(numerics digest other)"}};
  for (const Case& each : cases) {
    Placement placement(SpecOf({.instruction_set = each.text}));
    const WorkerHello worker = Worker(each.change);
    EXPECT_FALSE(placement.Suits(Begun(), worker)) << each.reason;
    const Outlook outlook = placement.OutlookAmong(Begun(), {&worker});
    EXPECT_EQ(outlook.kind, Outlook::Kind::kWaits);
    EXPECT_THAT(outlook.reason, HasSubstr(each.reason));
    const WorkerHello sound = Worker([&](WorkerHello& w) { w.instruction_set = each.text; });
    EXPECT_EQ(placement.OutlookAmong(Begun(), {&worker, &sound}).kind, Outlook::Kind::kReady);
  }
}

TEST(Placement, OfSeveralTheClosestIsNamed) {
  Placement placement(SpecOf({}));
  const WorkerHello damaged = Worker([](WorkerHello& w) { w.name = "a", w.datasets[0].fault = "cut short"; });
  const WorkerHello other = Worker([](WorkerHello& w) { w.name = "b", w.numerics_digest = "other"; });
  const WorkerHello third = Worker([](WorkerHello& w) { w.name = "c", w.numerics_digest = "third"; });
  const Outlook outlook = placement.OutlookAmong(Begun(), {&damaged, &other, &third, &damaged});
  EXPECT_THAT(outlook.reason, HasSubstr("worker b computes otherwise"));
}

TEST(Placement, AFaultThatAWorkerFoundIsOfThatProcessAndThatContent) {
  Placement placement(SpecOf({}));
  placement.Exclude(Worker(), "hash", "row 7 is damaged");
  EXPECT_FALSE(placement.Suits({}, Worker()));
  EXPECT_FALSE(placement.MaySuit({}, Worker()));
  EXPECT_TRUE(placement.Suits({}, Worker([](WorkerHello& w) { w.instance = "w-2"; })));
  EXPECT_TRUE(placement.Suits({}, Worker([](WorkerHello& w) { w.datasets[0].hash = "mended"; })));
  EXPECT_TRUE(placement.Suits({}, Worker([](WorkerHello& w) { w.name = "v"; })));
  const WorkerHello worker = Worker();
  const Outlook outlook = placement.OutlookAmong({}, {&worker});
  EXPECT_EQ(outlook.kind, Outlook::Kind::kFails);
  EXPECT_EQ(outlook.reason, "row 7 is damaged");
}

// After a restart no more is known of a worker than the names of its sets.
TEST(Placement, WhoIsAwayMaySuitByNameAlone) {
  Placement placement(SpecOf({}));
  const auto remembered = [](const std::string& key) {
    return Worker([&](WorkerHello& w) { w.datasets = {{.key = key}}; });
  };
  EXPECT_TRUE(placement.MaySuit(Begun(), remembered("digits")));
  EXPECT_FALSE(placement.MaySuit(Begun(), remembered("letters")));
  EXPECT_FALSE(placement.MaySuit(Begun(), Worker([](WorkerHello& w) { w.datasets.clear(); })));
  EXPECT_FALSE(placement.MaySuit(Begun(), Worker([](WorkerHello& w) {
                                   w.datasets[0].hash.clear();
                                   w.datasets[0].fault = "cut short";
                                 })));
  EXPECT_TRUE(placement.MaySuit(Begun(), Worker()));
  EXPECT_FALSE(placement.MaySuit(Begun(), Worker([](WorkerHello& w) { w.datasets[0].hash = "other"; })));
}

// A study over two data sets, "digits" and "letters"; the more classes, the fewer fit it.
StudyText OverTwo() {
  return {.dataset = R"("$set")", .rates = R"({"values":[0.1]},"set":{"values":["letters","digits"]})"};
}
WorkerHello WithBoth(const std::function<void(WorkerHello&)>& change = nullptr) {
  return Worker([&](WorkerHello& w) {
    w.datasets.push_back(w.datasets[0]);
    w.datasets[1].key = "letters";
    w.datasets[1].hash = "other";
    if (change) change(w);
  });
}

TEST(Placement, OfSeveralDataSetsAWorkerHasEachWhole) {
  StudyRecord begun = Begun();
  begun.data_hash = R"({"digits":"hash","letters":"other"})";
  struct Case {
    std::function<void(WorkerHello&)> change;
    std::string reason;
  };
  const std::vector<Case> cases = {
      {[](WorkerHello& w) { w.datasets.pop_back(); }, "waiting for a worker with data sets digits, letters"},
      {[](WorkerHello& w) { w.datasets[1].fault = "cut short"; },
       "has data set letters whole; worker w has not: cut short"},
      {[](WorkerHello& w) { w.datasets[1].shape = kMisfit; }, "whose data set letters fits the study"},
      {[](WorkerHello& w) { w.datasets[0].shape = kMisfit; }, "whose data set digits fits the study"},
      {[](WorkerHello& w) { w.datasets[1].hash = "hash"; },
       "data set letters of the content that the study began with (hash other); worker w has another (hash hash)"},
      {[](WorkerHello& w) { w.numerics_digest = "other"; }, "(numerics digest other)"}};
  for (const Case& each : cases) {
    Placement placement(SpecOf(OverTwo()));
    const WorkerHello worker = WithBoth(each.change);
    EXPECT_FALSE(placement.Suits(begun, worker)) << each.reason;
    EXPECT_FALSE(placement.MaySuit(begun, worker)) << each.reason;
    const Outlook outlook = placement.OutlookAmong(begun, {&worker});
    EXPECT_EQ(outlook.kind, Outlook::Kind::kWaits);
    EXPECT_THAT(outlook.reason, HasSubstr(each.reason));
  }
  Placement placement(SpecOf(OverTwo()));
  EXPECT_TRUE(placement.Suits(begun, WithBoth()));
  EXPECT_TRUE(placement.MaySuit(begun, Worker([](WorkerHello& w) {
                                  w.datasets = {{.key = "letters"}, {.key = "digits"}};
                                })));
  // It may begin again on another content, where its first lease was never stored.
  begun.data_hash = R"({"digits":"hash","letters":"newer"})";
  EXPECT_FALSE(placement.Suits(begun, WithBoth()));
  EXPECT_TRUE(placement.Suits(begun, WithBoth([](WorkerHello& w) { w.datasets[1].hash = "newer"; })));
  begun.data_hash = R"({"digits":"hash","letters":"other"})";
  placement.Exclude(Worker(), "other", "row 7 is damaged");
  EXPECT_FALSE(placement.Suits(begun, WithBoth()));
}

// It fails where one of its sets is of no use anywhere, not where each is whole somewhere.
TEST(Placement, OfSeveralDataSetsTheOneThatIsWholeNowhereFailsTheStudy) {
  Placement placement(SpecOf(OverTwo()));
  const WorkerHello damaged = WithBoth([](WorkerHello& w) { w.datasets[1].fault = "cut short"; });
  const WorkerHello letters = WithBoth([](WorkerHello& w) { w.datasets.erase(w.datasets.begin()); });
  EXPECT_EQ(placement.OutlookAmong({}, {&damaged}).kind, Outlook::Kind::kFails);
  EXPECT_EQ(placement.OutlookAmong({}, {&damaged}).reason, "cut short");
  const Outlook apart = placement.OutlookAmong({}, {&damaged, &letters});
  EXPECT_EQ(apart.kind, Outlook::Kind::kWaits);
  EXPECT_THAT(apart.reason, HasSubstr("has data set letters whole; worker w has not: cut short"));
  const WorkerHello misfit = WithBoth([](WorkerHello& w) { w.datasets[0].shape = kMisfit; });
  EXPECT_THAT(placement.OutlookAmong({}, {&misfit}).reason, HasSubstr("the study does not fit data set digits"));
}

// Workers that make up ever new shapes cost a check each, and no memory.
TEST(Placement, EachOfManyShapesIsJudgedByItself) {
  Placement placement(SpecOf({}));
  for (int round = 0; round < 2; ++round) {
    for (std::int64_t rows = 1; rows <= 40; ++rows) {
      const WorkerHello worker = Worker([&](WorkerHello& w) {
        w.datasets[0].shape.train_rows = 10 * rows;
        w.datasets[0].shape.classes = rows % 2 == 0 ? 2 : 10;
      });
      EXPECT_EQ(placement.Suits({}, worker), rows % 2 == 0) << rows;
    }
  }
}

}  // namespace
}  // namespace hpsearch::study
