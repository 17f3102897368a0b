#include "server/rpc/resource_name.h"

#include <gtest/gtest.h>

#include <string>

namespace hpsearch::rpc {
namespace {

TEST(ResourceName, StudiesComeBack) {
  EXPECT_EQ(*ParseStudyName(StudyName("fashion-mlp")), "fashion-mlp");
  EXPECT_EQ(*ParseStudyName("studies/0"), "0");
  EXPECT_EQ(*ParseStudyName("studies/" + std::string(63, 'a')), std::string(63, 'a'));
}

TEST(ResourceName, TrialsComeBack) {
  const auto trial = ParseTrialName(TrialName("s", 12));
  ASSERT_TRUE(trial.ok());
  EXPECT_EQ(trial->study, "s");
  EXPECT_EQ(trial->trial, 12);
  EXPECT_EQ(ParseTrialName("studies/s/trials/best")->trial, std::nullopt);
}

TEST(ResourceName, RefusesWhatIsNone) {
  for (const std::string& name :
       {std::string(), std::string("s"), std::string("studies/"), std::string("studies/s/"),
        std::string("Studies/s"), std::string("studies/s/3")}) {
    EXPECT_EQ(ParseStudyName(name).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
  for (const char* name : {"studies/s", "studies/s/trials/", "studies/s/trials/0", "studies/s/trials/-1",
                           "studies/s/trials/1x", "studies/s/trials/99999999999999999999"}) {
    EXPECT_EQ(ParseTrialName(name).status().code(), absl::StatusCode::kInvalidArgument) << name;
  }
}

TEST(ResourceName, FindsNoStudyWhereNoneCanBe) {
  for (const std::string& name : {std::string("studies/-s"), std::string("studies/S"),
                                  "studies/" + std::string(64, 'a'), std::string("studies/s\0", 10)}) {
    EXPECT_EQ(ParseStudyName(name).status().code(), absl::StatusCode::kNotFound) << name;
    EXPECT_EQ(ParseTrialName(name + "/trials/1").status().code(), absl::StatusCode::kNotFound) << name;
  }
}

}  // namespace
}  // namespace hpsearch::rpc
