#include "server/study/request_answer.h"

#include <gtest/gtest.h>

namespace hpsearch::study {
namespace {

TEST(RequestAnswer, ComesBackAsItWas) {
  StudyRecord study;
  study.id = 7;
  study.name = "s";
  study.state = StudyState::kPaused;
  study.reason = "because \"of\" <it>";
  study.best_trial = 3;
  study.next_trial = 4;
  study.stopping = true;
  study.started_at = 1'700'000'000'000'000;
  const auto answer = DecodeAnswer(EncodeAnswer("pause", study), "pause", "s");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->id, 7);
  EXPECT_EQ(answer->state, StudyState::kPaused);
  EXPECT_EQ(answer->reason, study.reason);
  EXPECT_EQ(answer->best_trial, 3);
  EXPECT_EQ(answer->next_trial, 4);
  EXPECT_TRUE(answer->stopping);
  EXPECT_EQ(answer->started_at, study.started_at);
  EXPECT_FALSE(answer->finished_at.has_value());
}

TEST(RequestAnswer, KeepsWhetherTheStudyWasThereAlready) {
  EXPECT_TRUE(DecodeAnswer(EncodeAnswer("create", {.name = "s"}, true), "create", "s")->existed);
  EXPECT_FALSE(DecodeAnswer(EncodeAnswer("create", {.name = "s"}), "create", "s")->existed);
}

TEST(RequestAnswer, AnIdIsPrintableAndNotLong) {
  EXPECT_TRUE(CheckRequestId("a request's id ~").ok());
  EXPECT_TRUE(CheckRequestId(std::string(128, 'i')).ok());
  for (const std::string& id :
       {std::string(), std::string(129, 'i'), std::string("a\nb"), std::string("\xc3\xa9"), std::string("\x7f")}) {
    EXPECT_TRUE(absl::IsInvalidArgument(CheckRequestId(id))) << id;
  }
}

TEST(RequestAnswer, IsOfOneRequest) {
  const std::string text = EncodeAnswer("pause", {.name = "s"});
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeAnswer(text, "stop", "s").status()));
  EXPECT_TRUE(absl::IsInvalidArgument(DecodeAnswer(text, "pause", "t").status()));
  EXPECT_TRUE(absl::IsInternal(DecodeAnswer("{", "pause", "s").status()));
}

// What another version wrote: what is not there, or not of its kind, is as if it had not been said.
TEST(RequestAnswer, OfAnotherVersionIsReadAsFarAsItGoes) {
  const auto answer = DecodeAnswer(
      R"({"verb":"pause","study":"s","state":"PAUSED","reason":7,"id":"one","best_trial":[3],"stopping":1})",
      "pause", "s");
  ASSERT_TRUE(answer.ok()) << answer.status();
  EXPECT_EQ(answer->state, StudyState::kPaused);
  EXPECT_EQ(answer->reason, "");
  EXPECT_EQ(answer->id, 0);
  EXPECT_EQ(answer->next_trial, 1);
  EXPECT_EQ(answer->best_trial, std::nullopt);
  EXPECT_FALSE(answer->stopping);
  EXPECT_FALSE(answer->existed);
  for (const char* text : {R"({"verb":"pause","study":"s"})", R"({"verb":"pause","study":"s","state":"DREAMING"})",
                           R"({"verb":"pause","study":"s","state":null})"}) {
    EXPECT_TRUE(absl::IsInternal(DecodeAnswer(text, "pause", "s").status())) << text;
  }
}

}  // namespace
}  // namespace hpsearch::study
