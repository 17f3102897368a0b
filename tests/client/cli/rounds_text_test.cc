// What coarse-to-fine did, as people and programs are shown it.
#include "client/cli/rounds_text.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <sstream>

#include "client/cli/json_output.h"
#include "tests/client/cli/row_samples.h"
#include "tests/server/study/spec_documents.h"

namespace hpsearch::cli {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// The grid, a round about two of its trials, one about a point that a user named.
std::vector<store::RoundRow> SomeRounds() {
  store::RoundRow first, second, third;
  first.trials = 12;
  first.trained = 11;
  first.best_trial = 7;
  first.best_objective = 0.142;
  first.opened_at = "2026-11-27T21:00:00.000001Z";
  first.boxes =
      R"([{"axes":{"rate":{"low":0.001,"high":1.0,"num":4},"dropout":{"low":0,"high":0.5,"num":null}}}])";
  second.round = 2;
  second.trials = 40;
  second.trained = 30;
  second.reused = 9;
  second.extended = 4;
  second.epochs = 6;
  second.boxes =
      R"([{"trial":7,"objective":0.142,"centre":{"rate":0.01,"dropout":0.25,"act":"relu"},
           "axes":{"rate":{"low":0.0562341325190349,"high":0.1778,"num":5},"dropout":{"low":0.1,"high":0.4,"num":5}}},
          {"trial":3,"objective":0.15,"centre":{"rate":0.1,"dropout":0.125},
           "axes":{"rate":{"low":0.05,"high":0.2,"num":5}}}])";
  third.round = 3;
  third.trials = 5;
  third.by_hand = true;
  third.num = 7;
  third.boxes = R"([{"centre":{"rate":0.5},"axes":{"rate":{"low":0.4,"high":0.6,"num":7}}}])";
  return {first, second, third};
}

TEST(RoundsText, ALineForEachBoxSaysWhyAndWhat) {
  EXPECT_THAT(
      LinesOf(RoundsText(SomeRounds(), nullptr, false)),
      ElementsAre("ROUND  WHY                                    rate       dropout  TRIALS  TRAINED         "
                  "  REUSED  EPOCHS              BEST",
                  "    1  the first                      0.001..1 (4)        0..0.5      12       11         "
                  "       0       -  trial 7 at 0.142",
                  "    2  round trial 7 at 0.142  0.05623..0.1778 (5)  0.1..0.4 (5)      40       30  9, 4 fo"
                  "r longer       6                 -",
                  "       round trial 3 at 0.15         0.05..0.2 (5)         0.125",
                  "    3  round a point, by hand         0.4..0.6 (7)             -       5        0         "
                  "       0       -                 -"));
}

TEST(RoundsText, TheSpecificationSaysWhatTheFirstIsAndTheEpochs) {
  const auto first_line = [](const std::string& epochs, const std::string& search) {
    const auto spec = study::Read(study::Document(
        R"({"study":"s","dataset":"d","model":[{"dense":{"units":2,"activation":"softmax"}}],"training":{"epochs":)" +
        epochs + R"(,"optimizer":{"sgd":{"learning_rate":"$rate"}}},"parameters":{"rate":{"range":{"low":0.1,)" +
        R"("high":0.2}},"n":{"values":[3,4]}},"search":)" + search + "}"));
    return LinesOf(RoundsText(SomeRounds(), spec.get(), false)).at(1);
  };
  EXPECT_THAT(first_line("\"$n\"", R"({"sobol":{"trials":12}})"),
              AllOf(HasSubstr("points by sobol"), HasSubstr(" each its own ")));
  EXPECT_THAT(first_line("\"$n\"", R"({"random":{"trials":12}})"), HasSubstr("points by random"));
}

// Rows of before boxes were stored, and what another program wrote: no line is lost, nothing ends.
TEST(RoundsText, WithoutBoxesOrWithOthersThanOursThereIsStillALine) {
  for (const char* boxes : {"[]", "", "7", "[7]", R"([{"axes":7,"trial":"x"}])", R"([{"axes":{"rate":null}}])",
                            R"([{"axes":{"rate":{"low":[]}}}])", "{"}) {
    store::RoundRow row;
    row.round = 2;
    row.boxes = boxes;
    const auto lines = LinesOf(RoundsText({row}, nullptr, false));
    ASSERT_EQ(lines.size(), 2U) << boxes;
    EXPECT_THAT(lines[1], HasSubstr("round the best")) << boxes;
  }
}

TEST(RoundsText, AsJson) {
  const Json json = StudyDetailsJson(SomeStudy(), std::nullopt, SomeRounds());
  EXPECT_EQ(json["rounds"], 1);  // the contract's, how many
  const Json& rounds = json["rounds_opened"];
  ASSERT_EQ(rounds.size(), 3U);
  EXPECT_EQ(rounds[0].dump(),
            R"({"round":1,"first_trial":1,"trials":12,"trained":11,"reused":0,"extended":0,"epochs":null,)"
            R"("by_hand":false,"num":null,"opened_at":"2026-11-27T21:00:00.000001Z",)"
            R"("best":{"trial":7,"objective":0.142},"boxes":[{"axes":{"rate":{"low":0.001,"high":1.0,"num":4},)"
            R"("dropout":{"low":0,"high":0.5,"num":null}}}]})");
  EXPECT_EQ(rounds[1]["boxes"][1]["trial"], 3);
  EXPECT_TRUE(rounds[1]["best"].is_null());
  EXPECT_EQ(rounds[2]["by_hand"], true);
  EXPECT_EQ(rounds[2]["num"], 7);
}

}  // namespace
}  // namespace hpsearch::cli
