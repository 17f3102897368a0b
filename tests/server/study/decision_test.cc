#include "server/study/decision.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/support/hand_strand.h"
#include "tests/support/memory_store.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

class OutboxTest : public ::testing::Test {
 protected:
  OutboxTest() { store.Hold(); }

  Decision Changing(const std::string& what) {
    Decision decision;
    decision.Add(PutWorker{{.name = what}});
    return decision;
  }
  void Say(Decision& decision, const std::string& word) {
    decision.Then([this, word] { said.push_back(word); });
  }
  void Run() {
    do {
      strand.RunAll();
    } while (store.CommitOne());
  }

  testing::HandStrand strand;
  testing::MemoryStore store{strand};
  std::vector<std::string> said;
  std::unique_ptr<Outbox> outbox = std::make_unique<Outbox>(
      store, [this](const Event& event) { said.push_back("event " + event.study); },
      [this](const absl::Status&) { said.push_back("failed"); });
};

TEST_F(OutboxTest, ReleasesInOrderAfterTheCommit) {
  Decision first = Changing("a");
  Say(first, "a");
  StudyRecord study;
  study.name = "s";
  first.Put(study);
  study.state = StudyState::kPaused;
  first.Put(study);
  outbox->Submit(std::move(first));
  Decision nothing;
  Say(nothing, "b");
  outbox->Submit(std::move(nothing));
  Decision last = Changing("c");
  Say(last, "c");
  outbox->Submit(std::move(last));
  strand.RunAll();
  EXPECT_THAT(said, IsEmpty());
  Run();
  EXPECT_THAT(said, ElementsAre("a", "b", "event s", "c"));
  EXPECT_EQ(store.FindStudy("s")->state, StudyState::kPaused);
}

TEST_F(OutboxTest, WithoutChangesUnderWayReleasesAtOnce) {
  Decision nothing;
  Say(nothing, "a");
  outbox->Submit(std::move(nothing));
  EXPECT_THAT(said, ElementsAre("a"));
}

TEST_F(OutboxTest, WhatIsReleasedMayDecideAgain) {
  Decision first = Changing("a");
  first.Then([this] {
    Decision nested;
    Say(nested, "nested");
    outbox->Submit(std::move(nested));
    Decision more = Changing("b");
    Say(more, "more");
    outbox->Submit(std::move(more));
  });
  Say(first, "a");
  outbox->Submit(std::move(first));
  Run();
  EXPECT_THAT(said, ElementsAre("a", "nested", "more"));
}

TEST_F(OutboxTest, AFailureTakesAllThatIsUnderWay) {
  for (const char* name : {"a", "b"}) {
    Decision decision = Changing(name);
    Say(decision, name);
    decision.Answer([this, name](const absl::Status& status) {
      said.push_back(std::string(name) + (absl::IsUnavailable(status) ? " unavailable" : " ?"));
    });
    outbox->Submit(std::move(decision));
  }
  store.FailNext(absl::InternalError("no"));
  Run();
  EXPECT_THAT(said, ElementsAre("failed", "a unavailable", "b unavailable"));
  said.clear();
  Decision later = Changing("c");
  Say(later, "c");
  outbox->Submit(std::move(later));
  Run();
  EXPECT_THAT(said, ElementsAre("c"));
}

TEST_F(OutboxTest, NothingIsReleasedByOneThatIsGone) {
  Decision first = Changing("a");
  Say(first, "a");
  outbox->Submit(std::move(first));
  outbox.reset();
  Run();
  EXPECT_THAT(said, IsEmpty());
}

}  // namespace
}  // namespace hpsearch::study
