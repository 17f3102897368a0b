// Studies whose trials have different data sets: who is leased what, and what is known from elsewhere.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "server/model/json.h"
#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

StudyText OverBoth(const std::string& name = "s") {
  return {
      .name = name, .dataset = R"("$set")", .rates = R"({"values":[0.1]},"set":{"values":["letters","digits"]})"};
}

WorkerHello WithBoth(const std::string& name = "w") {
  WorkerHello hello = World::Hello(name);
  hello.datasets.push_back(hello.datasets[0]);
  hello.datasets[1].key = "letters";
  hello.datasets[1].hash = "other";
  return hello;
}

TEST(CoordinatorDatasets, EachTrialIsLeasedItsOwn) {
  World world;
  ASSERT_TRUE(world.Create(OverBoth()).ok());
  const auto one = world.Start(World::Hello("one"));
  EXPECT_THAT(one->leases, IsEmpty());
  EXPECT_EQ(world.Study().reason, "waiting for a worker with data sets digits, letters");
  const auto worker = world.Start(WithBoth());
  ASSERT_EQ(worker->leases.size(), 1U);
  EXPECT_EQ(world.Study().data_hash, R"({"digits":"hash","letters":"other"})");
  EXPECT_EQ(worker->leases[0].data_hash, "other");
  EXPECT_EQ(model::ToJson(worker->leases[0].plan.dataset), R"({"name":"letters"})");
  world.Train(*worker, Lease(worker->leases[0]));
  ASSERT_EQ(worker->leases.size(), 2U);
  EXPECT_EQ(worker->leases[1].data_hash, "hash");
  EXPECT_EQ(model::ToJson(worker->leases[1].plan.dataset), R"({"name":"digits"})");
  EXPECT_NE(world.Trial(1).key, world.Trial(2).key);

  world.Crash();  // what it began with is stored, of each of them
  WorkerHello other = WithBoth("x");
  other.datasets[1].hash = "new";
  EXPECT_THAT(world.Start(other)->leases, IsEmpty());
  const auto again = world.Start(WithBoth("y"));
  world.Pass(11);
  world->Heartbeat(again->session);
  world.Run();
  ASSERT_EQ(again->leases.size(), 1U);
  EXPECT_EQ(again->leases[0].data_hash, "hash");
}

TEST(CoordinatorDatasets, WhatAStudyOfOneOfThemTrainedIsTakenOver) {
  World world;
  StudyText of_letters = {.name = "one", .dataset = R"("letters")", .rates = R"({"values":[0.1,0.2]})"};
  ASSERT_TRUE(world.Create(of_letters).ok());
  const auto worker = world.Start(WithBoth());
  world.TrainAll(*worker);
  ASSERT_TRUE(world.Create(OverBoth("two")).ok());
  world.TrainAll(*worker);
  EXPECT_EQ(world.Study("two").state, StudyState::kCompleted);
  EXPECT_EQ(world.Trial(1, 2).reused_elsewhere, (TrialRecord::Elsewhere{"one", 1}));
  EXPECT_EQ(world.Trial(2, 2).reused_elsewhere, TrialRecord::Elsewhere());
  // And the other way round.
  ASSERT_TRUE(world.Create({.name = "three", .rates = R"({"values":[0.1,0.3]})"}).ok());
  world.TrainAll(*worker);
  EXPECT_EQ(world.Trial(1, 3).reused_elsewhere, (TrialRecord::Elsewhere{"two", 2}));
  EXPECT_EQ(world.Trial(2, 3).reused_elsewhere, TrialRecord::Elsewhere());
}

TEST(CoordinatorDatasets, AFaultIsOfTheTrialsOwnSet) {
  World world;
  ASSERT_TRUE(world.Create(OverBoth()).ok());
  const auto first = world.Start(WithBoth("first"));
  ASSERT_EQ(first->leases.size(), 1U);
  const auto second = world.Start(WithBoth("second"));
  ASSERT_EQ(second->leases.size(), 1U);
  world.Finish(*first, first->leases[0], TrialOutcome::Kind::kDataFault, "letters: row 7");
  EXPECT_EQ(world.Study().state, StudyState::kRunning);
  world.Train(*second, Lease(second->leases[0]));
  ASSERT_EQ(second->leases.size(), 2U) << "handed on";
  EXPECT_EQ(second->leases[1].trial, 1);
  world.Finish(*second, second->leases[1], TrialOutcome::Kind::kDataFault, "letters: row 7");
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_THAT(world.Study().reason, HasSubstr("letters: row 7"));
}

}  // namespace
}  // namespace hpsearch::study
