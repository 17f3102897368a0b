// Who is connected: what a hello may say, and sessions that are over.
#include "server/study/worker_registry.h"

#include <gtest/gtest.h>

#include <string>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

TEST(WorkerRegistry, AHelloHasAPrintableNameAndSomeSlots) {
  EXPECT_TRUE(CheckHello(World::Hello("gpu 7 ~", 1024)).ok());
  for (const std::string& name :
       {std::string(), std::string(129, 'w'), std::string("a\tb"), std::string("\x7f"), std::string("\xc3\xa9")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckHello(World::Hello(name)))) << name;
  }
  for (const std::int64_t slots : {-1, 0, 1025}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckHello(World::Hello("w", slots)))) << slots;
  }
}

TEST(WorkerRegistry, WhatIsOverMayBeEndedAgain) {
  WorkerRegistry registry;
  const auto link = std::make_shared<FakeWorker>();
  const WorkerSessionId session = registry.Connect(link, World::Hello()).session;
  registry.Close(session);
  registry.Close(session);
  EXPECT_EQ(registry.OfSession(session), nullptr);
  ASSERT_NE(registry.Named("w"), nullptr);
  EXPECT_EQ(registry.Named("w")->session, 0);
  registry.Forget("w");
  registry.Forget("w");
  EXPECT_EQ(registry.Named("w"), nullptr);
  EXPECT_TRUE(registry.CloseAll().empty());
}

}  // namespace
}  // namespace hpsearch::study
