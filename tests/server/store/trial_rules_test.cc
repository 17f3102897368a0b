// The rules of a row, one by one: a sound row has no fault, and each change of it has just its own.
#include "server/store/trial_rules.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "tests/server/store/sample_database.h"

namespace hpsearch::store {
namespace {

using study::RoundRecord;
using study::StudyRecord;
using study::StudyState;
using study::TrialRecord;
using study::TrialState;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

StudyRecord Running() {
  StudyRecord study = study::SampleStudy(1, "s");
  study.started_at = study.created_at;
  study.next_trial = 4;
  return study;
}
StudyRecord Completed() {
  StudyRecord study = Running();
  study.state = StudyState::kCompleted;
  study.next_trial = study.planned_trials + 1;
  study.finished_at = study.created_at + 5;
  return study;
}
TrialRecord Trained() { return testing::SampleTrialOf(1, 3, TrialState::kCompleted, testing::kSampleEpochs); }
CurveSummary CurveOf(const TrialRecord& trial) {
  return {.epochs = trial.epochs, .last = trial.epochs, .score = {trial.objective, trial.best_epoch}};
}

TEST(TrialRules, ATrialsRow) {
  struct Case {
    std::function<void(TrialRecord&)> change;
    std::string fault;
  };
  const std::vector<Case> cases = {
      {[](TrialRecord& t) { t.finished_at.reset(); }, "is COMPLETED and has no time of its end"},
      {[](TrialRecord& t) { t.state = TrialState::kRunning; }, "is RUNNING and has a time of its end"},
      {[](TrialRecord& t) { t.objective.reset(); }, "COMPLETED without an objective"},
      {[](TrialRecord& t) { t.started_at.reset(); }, "no time of its start"},
      {[](TrialRecord& t) { t.parameters = "{"; }, "parameters"},
      {[](TrialRecord& t) { t.parameters = "[1]"; }, "parameters"},
      {[](TrialRecord& t) { t.attempt = 0; }, "never leased"},
      {[](TrialRecord& t) { t.worker.clear(); }, "never leased"},
      {[](TrialRecord& t) { t.lost = 2; }, "lost 2 times in 1 attempts"},
      {[](TrialRecord& t) { t.reused_from = 3; }, "has the curve of trial 3"},
      {[](TrialRecord& t) {
         t.reused_from = 1;
         t.attempt = 0;
         t.state = TrialState::kQueued;
         t.finished_at.reset();
       },
       "is QUEUED and has the curve of trial 1"},
      {[](TrialRecord& t) { t.epochs = 9; }, "has 9 epochs by its row, 10 in its curve"},
      {[](TrialRecord& t) { t.epochs_planned = 9; }, "has an epoch 10, but 9 are planned"},
      {[](TrialRecord& t) { t.epochs_planned = 11; }, "COMPLETED after 10 of 11 epochs"},
      {[](TrialRecord& t) { *t.objective *= 2; }, "its objective is"},
      {[](TrialRecord& t) { t.best_epoch = 9; }, "its objective is"},
      {[](TrialRecord& t) { t.state = TrialState::kFailed; }, "is FAILED and has an objective"},
      {[](TrialRecord& t) {
         t.state = TrialState::kDiverged;
         t.objective.reset();
       },
       "is DIVERGED and has an objective"}};
  EXPECT_THAT(FaultsOf(Trained(), CurveOf(Trained()), Running()), IsEmpty());
  for (const Case& each : cases) {
    TrialRecord trial = Trained();
    each.change(trial);
    EXPECT_THAT(FaultsOf(trial, CurveOf(Trained()), Running()), Contains(HasSubstr(each.fault)));
  }
}

TEST(TrialRules, WhatIsNoFaultOfATrial) {
  TrialRecord broken_off = Trained();  // its extension was
  broken_off.epochs_planned = 20;
  broken_off.reason = "extended to 10 of 20 epochs: it was ended";
  TrialRecord taken_over = Trained();
  taken_over.reused_from = 2;
  taken_over.attempt = 0;
  taken_over.worker.clear();
  taken_over.epochs_planned = 7;
  TrialRecord running = Trained();
  running.state = TrialState::kRunning;
  running.finished_at.reset();
  TrialRecord going_on = running;  // from an earlier trial's curve, under a lease of its own
  going_on.reused_from = 2;
  going_on.epochs_planned = 20;
  for (const TrialRecord& trial : {broken_off, taken_over, running, going_on}) {
    EXPECT_THAT(FaultsOf(trial, CurveOf(trial), Running()), IsEmpty());
  }
  EXPECT_THAT(FaultsOf(running, CurveOf(running), Completed()),
              Contains(HasSubstr("in a study that is COMPLETED")));
  going_on.state = TrialState::kCompleted;
  going_on.finished_at = 9;
  EXPECT_THAT(FaultsOf(going_on, CurveOf(going_on), Running()),
              Contains(HasSubstr("is COMPLETED after 10 of 20 epochs")));
  // One that has another study's curve is trained for longer where its study is extended, and only there.
  TrialRecord taken_on = running;
  taken_on.reused_elsewhere = {"other", 3};
  StudyRecord extended = Running();
  extended.extended_from = StudyState::kCompleted;
  EXPECT_THAT(FaultsOf(taken_on, CurveOf(taken_on), extended), IsEmpty());
  EXPECT_THAT(FaultsOf(taken_on, CurveOf(taken_on), Running()),
              Contains(HasSubstr("is RUNNING and has the curve of trial other/3")));
}

TEST(TrialRules, AStudysRow) {
  struct Case {
    StudyRecord study;
    std::function<void(StudyRecord&)> change;
    std::string fault;
  };
  const std::vector<Case> cases = {
      {Completed(), [](StudyRecord& s) { s.finished_at.reset(); }, "has no time of its end"},
      {Running(), [](StudyRecord& s) { s.finished_at = 5; }, "has a time of its end"},
      {Completed(), [](StudyRecord& s) { s.stopping = true; }, "still stopping"},
      {Completed(), [](StudyRecord& s) { s.extended_from = StudyState::kStopped; }, "being extended"},
      {Running(), [](StudyRecord& s) { s.next_trial = 99; }, "goes on with trial 99 of 12"},
      {Completed(), [](StudyRecord& s) { s.next_trial = 12; }, "COMPLETED before trial 12"},
      {Running(), [](StudyRecord& s) { s.started_at.reset(); }, "no time of its start"}};
  EXPECT_THAT(FaultsOf(Running()), IsEmpty());
  EXPECT_THAT(FaultsOf(Completed()), IsEmpty());
  EXPECT_THAT(FaultsOf(study::SampleStudy(1, "fresh")), IsEmpty()) << "nothing was leased";
  for (const Case& each : cases) {
    StudyRecord study = each.study;
    each.change(study);
    EXPECT_THAT(FaultsOf(study), Contains(HasSubstr(each.fault)));
  }
}

TEST(TrialRules, AStudysRounds) {
  struct Case {
    std::function<void(RoundRecord&)> change;  // of the second
    std::string fault;
  };
  const std::vector<Case> cases = {
      {[](RoundRecord& r) { r.number = 3; }, "has a round 3 in place of 2"},
      {[](RoundRecord& r) { r.first_trial = 10; }, "its round 2 begins with trial 10, behind 8 trials"},
      {[](RoundRecord& r) { r.centres.clear(); }, "has centres that no round before it has"},
      {[](RoundRecord& r) { r.centres = {0}; }, "has centres"},
      {[](RoundRecord& r) {
         r.centres = {3, 9};
       },
       "has centres"},
      {[](RoundRecord& r) { r.trials = 5; }, "has 12 trials planned, 13 in its rounds"},
      {[](RoundRecord& r) { r.trials = std::numeric_limits<std::int64_t>::max(); }, "has 12 trials planned, -1"}};
  std::vector<RoundRecord> sound = {study::SampleRound(1), study::SampleRound(1, 2)};
  sound[0].trials = 8;
  sound[1].first_trial = 9;
  sound[1].trials = 4;
  sound[1].centres = {3, 8};
  EXPECT_THAT(FaultsOf(Running(), sound, 2), IsEmpty());
  for (const Case& each : cases) {
    std::vector<RoundRecord> rounds = sound;
    each.change(rounds[1]);
    EXPECT_THAT(FaultsOf(Running(), rounds, 2), Contains(HasSubstr(each.fault)));
  }
  std::vector<RoundRecord> by_hand = sound;  // around a point of a user's
  by_hand[1].centres.clear();
  by_hand[1].by_hand = true;
  by_hand[1].boxes = R"([{"point":"1/2 #0","centre":{},"axes":{}}])";
  by_hand[1].num = 7;
  EXPECT_THAT(FaultsOf(Running(), by_hand, 2), IsEmpty());
  by_hand[0].centres = {1};
  EXPECT_THAT(FaultsOf(Running(), by_hand, 2), Contains(HasSubstr("its round 1 has centres")));
}

TEST(TrialRules, WhatARoundLooksAt) {
  struct Case {
    std::function<void(RoundRecord&)> change;
    std::string fault;
  };
  const std::vector<Case> cases = {
      {[](RoundRecord& r) { r.boxes = "[{]"; }, "its round 2 has boxes that cannot be read; a JSON array"},
      {[](RoundRecord& r) { r.boxes = "{}"; }, "its round 2 has boxes that cannot be read"},
      {[](RoundRecord& r) { r.boxes = "[7]"; }, "its round 2 has boxes that cannot be read"},
      {[](RoundRecord& r) { r.boxes = "[]"; }, "around no trial, and its first box has no 'point'"},
      {[](RoundRecord& r) { r.boxes = R"([{"point":"1/2 x"}])"; },
       "its first box has no 'point' that can be read"},
      {[](RoundRecord& r) { r.boxes = R"([{"point":7}])"; }, "its first box has no 'point' that can be read"},
      {[](RoundRecord& r) { r.boxes = R"([{"point":"1/2"}])"; }, "around a point of 1 places; 2 are wanted"},
      {[](RoundRecord& r) { r.num = 6; }, "its round 2 has 6 points an axis; an odd number from 5 to 1001"},
      {[](RoundRecord& r) { r.num = 3; }, "its round 2 has 3 points an axis"},
      {[](RoundRecord& r) { r.num = 1003; }, "its round 2 has 1003 points an axis"},
      {[](RoundRecord& r) {
         r.by_hand = false;
         r.centres = {3};
       },
       "its round 2 has a num of its own, 7, and was not opened by hand"}};
  std::vector<RoundRecord> sound = {study::SampleRound(1), study::SampleRound(1, 2)};
  sound[0].trials = 8;
  sound[1].first_trial = 9;
  sound[1].trials = 4;
  sound[1].by_hand = true;
  sound[1].num = 7;
  sound[1].boxes = R"([{"point":"1/2 #0","centre":{},"axes":{}}])";
  EXPECT_THAT(FaultsOf(Running(), sound, 2), IsEmpty());
  for (const Case& each : cases) {
    std::vector<RoundRecord> rounds = sound;
    each.change(rounds[1]);
    EXPECT_THAT(FaultsOf(Running(), rounds, 2), ElementsAre(HasSubstr(each.fault)));
  }
  std::vector<RoundRecord> rounds = sound;
  rounds[1].boxes = R"([{"point":"1/2"}])";
  EXPECT_THAT(FaultsOf(Running(), rounds, std::nullopt), IsEmpty()) << "of a study that cannot be read";
  rounds[1].boxes = "[]";  // of a version that kept none
  rounds[1].centres = {3};
  EXPECT_THAT(FaultsOf(Running(), rounds, 2), IsEmpty());
}

}  // namespace
}  // namespace hpsearch::store
