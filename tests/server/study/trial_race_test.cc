#include "server/study/trial_race.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

// Of 9 epochs the second bracket has the trials 10 to 14, which begin with 3. One that can have a single epoch,
// since its parameters say so, is one of the five all the same: the rung is decided with the last of them, at a
// restart too.
TEST(TrialRaceTest, AShortTrialArrivesAtItsBracketsFirstRung) {
  const auto spec = SpecOf({.epochs = 9,
                            .rates = R"({"logspace":{"start":-3,"stop":0,"num":20}})",
                            .more = R"(,"stopping":["hyperband"])"});
  const auto at = [](std::int64_t number, TrialState state, std::int64_t epochs, double objective) {
    TrialRecord trial;
    trial.number = number;
    trial.state = state;
    trial.epochs = trial.epochs_planned = epochs;
    trial.objective = objective;
    return trial;
  };
  const TrialRecord brief = at(10, TrialState::kCompleted, 1, 0.5);
  for (const bool restarted : {false, true}) {
    TrialRace race(*spec);
    race.Open(1, 20);
    if (restarted) {
      race.Restore(brief, {PlayedEpoch(0.05, 1)});
      race.Restored();
    } else {
      EXPECT_THAT(race.Arrive(brief).go_on, IsEmpty());
    }
    for (std::int64_t number = 11; number < 14; ++number) {
      const auto verdict = race.Arrive(at(number, TrialState::kPaused, 3, 0.1 * static_cast<double>(number)));
      EXPECT_THAT(verdict.go_on, IsEmpty()) << number;
      EXPECT_THAT(verdict.stop, IsEmpty()) << number;
    }
    const auto verdict = race.Arrive(at(14, TrialState::kPaused, 3, 0.9));
    EXPECT_THAT(verdict.go_on, IsEmpty()) << "the brief one is the best of five, of which one goes on";
    EXPECT_THAT(verdict.stop, ElementsAre(11, 12, 13, 14));
  }
}

}  // namespace
}  // namespace hpsearch::study
