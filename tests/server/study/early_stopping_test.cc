// Among whom a trial is compared: trials that were trained to their end, each training once.
#include "server/study/early_stopping.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::HasSubstr;

// Rounds of 2 and of 4 epochs; where there are none, of 4.
std::shared_ptr<const StudySpec> Spec(const std::string& startup_trials, bool epochs_by_round = true) {
  return SpecOf(
      {.epochs = 4,
       .search = epochs_by_round ? R"({"refine":{"rounds":2,"epochs":[2,4]}})" : R"({"refine":{"rounds":2}})",
       .more = R"(,"stopping":[{"median":{"startup_trials":)" + startup_trials + "}}]"});
}

OpenTrial Trial(std::int64_t number, const std::vector<double>& errors) {
  OpenTrial trial;
  trial.record.number = number;
  trial.record.state = TrialState::kCompleted;
  trial.record.attempt = 1;
  for (const double error : errors) {
    EpochRecord epoch = PlayedEpoch(0.05, std::ssize(trial.epochs) + 1);
    epoch.validation_error = error;
    trial.epochs.push_back(epoch);
  }
  return trial;
}
// It went on from the curve of that one, whose epochs are among its own.
OpenTrial GoneOn(std::int64_t number, std::int64_t from, const std::vector<double>& errors) {
  OpenTrial trial = Trial(number, errors);
  trial.record.reused_from = from;
  return trial;
}

// What is said of a trial with these errors; empty: it goes on.
std::string Judged(EarlyStopping& early, const std::vector<double>& errors) {
  const std::string why = early.Judge(Trial(100, errors), 4).value_or("");
  early.Forget(100);
  return why;
}

TEST(EarlyStoppingTest, ATrialAndTheOneThatWentOnFromItAreOne) {
  EarlyStopping early(*Spec("0"));
  early.Ended(Trial(1, {0.125, 0.125}));
  early.Ended(Trial(2, {0.5, 0.5}));
  early.Ended(GoneOn(5, 1, {0.125, 0.125, 0.0625, 0.0625}));
  // 0.125 twice would make that the median.
  EXPECT_EQ(Judged(early, {0.25}), "");
  EXPECT_THAT(Judged(early, {0.375}), HasSubstr("the median of 2 completed trials is 0.3125 there"));
  EXPECT_THAT(Judged(early, {0.25, 0.25, 0.25}), HasSubstr("the median of 1 completed trials is 0.0625 there"));
}

TEST(EarlyStoppingTest, NorAreTheyTwoToBeginWith) {
  EarlyStopping early(*Spec("3"));
  early.Ended(Trial(1, {0.125, 0.125}));
  early.Ended(Trial(2, {0.125, 0.125}));
  early.Ended(GoneOn(5, 1, {0.125, 0.125, 0.125, 0.125}));
  early.Ended(GoneOn(9, 5, {0.125, 0.125, 0.125, 0.125, 0.125}));
  EXPECT_EQ(Judged(early, {0.5}), "") << "two were trained";
  early.Ended(Trial(6, {0.125, 0.125, 0.125, 0.125}));
  EXPECT_THAT(Judged(early, {0.5}), HasSubstr("the median of 3 completed trials"));
}

// A restart has them by their numbers, whatever was extended meanwhile; copies and trials without an end are none.
TEST(EarlyStoppingTest, InWhateverOrderTheyAreRemembered) {
  const OpenTrial first = Trial(1, {0.125, 0.25}), longer = GoneOn(5, 1, {0.125, 0.25, 0.375, 0.5});
  const OpenTrial extended = Trial(1, {0.125, 0.25, 0.375});
  const OpenTrial other = Trial(2, {0.75, 0.75, 0.75, 0.75});
  OpenTrial copy = GoneOn(6, 2, {0.75, 0.75, 0.75, 0.75}), under_way = GoneOn(7, 1, {0.125, 0.25, 0.375});
  copy.record.attempt = 0;
  under_way.record.state = TrialState::kRunning;
  const std::vector<std::vector<OpenTrial>> orders = {{first, other, longer, copy, under_way},
                                                      {extended, other, longer, copy, under_way},
                                                      {other, longer, copy, extended, under_way}};
  for (const std::vector<OpenTrial>& order : orders) {
    EarlyStopping early(*Spec("2"));
    for (const OpenTrial& each : order) early.Remember(each.record, each.epochs);
    EXPECT_THAT(Judged(early, {0.5}), HasSubstr("the median of 2 completed trials is 0.4375"));
    EXPECT_THAT(Judged(early, {0.625, 0.625, 0.625}), HasSubstr("the median of 2 completed trials is 0.5625"));
    EXPECT_EQ(Judged(early, {0.375, 0.5, 0.5}), "");
  }
}

TEST(EarlyStoppingTest, WithoutEpochsOfTheirOwnEachTrialIsOne) {
  EarlyStopping early(*Spec("2", /*epochs_by_round=*/false));
  early.Ended(Trial(1, {0.125, 0.125, 0.125, 0.125}));
  EXPECT_EQ(Judged(early, {0.5}), "");
  early.Ended(Trial(2, {0.125, 0.125, 0.125, 0.125}));
  EXPECT_THAT(Judged(early, {0.5}), HasSubstr("the median of 2 completed trials is 0.125 there"));
}

}  // namespace
}  // namespace hpsearch::study
