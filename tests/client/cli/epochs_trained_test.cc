// What a study's trials have cost.
#include "client/cli/epochs_trained.h"

#include <gtest/gtest.h>

#include "tests/client/cli/row_samples.h"

namespace hpsearch::cli {
namespace {

store::TrialRow Trained(std::int64_t number, std::int64_t epochs, std::int64_t round, const std::string& started,
                        const std::string& finished) {
  store::TrialRow trial = SomeTrial();
  trial.trial = number;
  trial.epochs = epochs;
  trial.round = round;
  trial.started_at = "2026-11-28T00:00:" + started + ".000000Z";
  trial.finished_at = "2026-11-28T00:00:" + finished + ".000000Z";
  return trial;
}

store::TrialRow WentOn(store::TrialRow trial, const std::string& origin) {
  trial.reused_from = "quickstart/" + origin;
  return trial;
}

std::vector<store::RoundRow> Rounds() {
  store::RoundRow first, second;
  first.epochs = 3;
  second.round = 2;
  second.epochs = 6;
  return {first, second};
}

TEST(EpochsTrained, WhatWasTakenOverCostsNothing) {
  store::TrialRow copy = WentOn(Trained(3, 3, 2, "04", "04"), "1");
  copy.attempt = 0;
  const std::vector<store::TrialRow> trials = {Trained(1, 3, 1, "01", "02"), Trained(2, 3, 1, "02", "03"), copy,
                                               WentOn(Trained(4, 6, 2, "04", "05"), "2")};
  EXPECT_EQ(EpochsTrained(trials, Rounds()), 3 + 3 + 0 + 3);
}

// Behind what went on from it, or while that is still to end: it may have more epochs by now.
TEST(EpochsTrained, AnOriginThatWasExtendedSinceHadItsRoundsEpochs) {
  store::TrialRow running = Trained(2, 8, 1, "02", "03");
  running.finished_at.reset();
  const std::vector<store::TrialRow> trials = {Trained(1, 10, 1, "01", "20"), running,
                                               WentOn(Trained(3, 6, 2, "04", "05"), "1"),
                                               WentOn(Trained(4, 6, 2, "04", "06"), "2")};
  EXPECT_EQ(EpochsTrained(trials, Rounds()), 10 + 8 + 3 + 3);
}

TEST(EpochsTrained, AnOriginThatWasExtendedBeforeHadThose) {
  const std::vector<store::TrialRow> trials = {Trained(1, 5, 1, "01", "03"),
                                               WentOn(Trained(2, 6, 2, "04", "05"), "1")};
  EXPECT_EQ(EpochsTrained(trials, Rounds()), 5 + 1);
}

TEST(EpochsTrained, WhatIsNotKnownCountsAsItIs) {
  store::TrialRow elsewhere = Trained(1, 6, 1, "01", "02");
  elsewhere.reused_from = "other/1";
  EXPECT_EQ(EpochsTrained({elsewhere}, {}), 6);
  const std::vector<store::TrialRow> trials = {Trained(1, 10, 1, "01", "20"),
                                               WentOn(Trained(3, 6, 2, "04", "05"), "1")};
  EXPECT_EQ(EpochsTrained(trials, {}), 10) << "never less than nothing";
}

}  // namespace
}  // namespace hpsearch::cli
