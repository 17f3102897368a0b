// Answers are shared between two changes, over a real file and its feed.
#include "server/dashboard/answer_cache.h"

#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>

#include "tests/server/dashboard/studies_file.h"

namespace hpsearch::dashboard {
namespace {

class AnswerCacheTest : public ::testing::Test {
 protected:
  AnswerCacheTest() { file_.Put(1, "a"); }

  // How often that has been made.
  int Ask(const std::string& target) {
    const auto body =
        cache_.Answer(target, [this]() -> absl::StatusOr<std::string> { return std::to_string(++made_); });
    return std::stoi(**body);
  }
  // Follows the study until it is told of the state.
  void AwaitState(const std::string& state) {
    auto told = std::make_shared<std::promise<void>>();
    feed_.Subscribe("a", [told, state, is_told = false](const std::string& json) mutable {
      if (is_told || json.find("\"state\":\"" + state) == std::string::npos) return;
      is_told = true;
      told->set_value();
    });
    told->get_future().wait();
  }

  StudiesFile file_;
  ChangeFeed feed_{file_.path()};
  AnswerCache cache_{feed_};
  int made_ = 0;
};

TEST_F(AnswerCacheTest, WhereNobodyFollowsNothingIsKept) {
  EXPECT_EQ(Ask("/x"), 1);
  EXPECT_EQ(Ask("/x"), 2);
}

TEST_F(AnswerCacheTest, BetweenTwoChangesAnAnswerIsMadeOnce) {
  AwaitState("RUNNING");
  const int first = Ask("/x");
  EXPECT_EQ(Ask("/x"), first);
  EXPECT_NE(Ask("/y"), first);
  EXPECT_EQ(Ask("/x"), first);
}

TEST_F(AnswerCacheTest, WhoIsToldOfAChangeIsAnsweredAnew) {
  AwaitState("RUNNING");
  const int first = Ask("/x");
  file_.Put(1, "a", study::StudyState::kPaused);
  AwaitState("PAUSED");
  EXPECT_GT(Ask("/x"), first);
}

TEST_F(AnswerCacheTest, AnErrorIsNotKept) {
  AwaitState("RUNNING");
  EXPECT_FALSE(cache_.Answer("/x", [] { return absl::UnavailableError("busy"); }).ok());
  EXPECT_EQ(Ask("/x"), 1);
}

TEST_F(AnswerCacheTest, WhatIsTooLargeIsNotKept) {
  AwaitState("RUNNING");
  int made = 0;
  const auto large = [&made]() -> absl::StatusOr<std::string> {
    ++made;
    return std::string(9 << 20, 'x');
  };
  ASSERT_TRUE(cache_.Answer("/x", large).ok());
  ASSERT_TRUE(cache_.Answer("/x", large).ok());
  EXPECT_EQ(made, 2);
}

}  // namespace
}  // namespace hpsearch::dashboard
