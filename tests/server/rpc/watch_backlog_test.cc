#include "server/rpc/watch_backlog.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace hpsearch::rpc {
namespace {

using study::Event;
using ::testing::ElementsAre;

const Event kStudyChanged{Event::Kind::kStudy, {}, 0};
const Event kStudyEnded{Event::Kind::kStudy, {}, 0, true};
Event TrialChanged(std::int64_t trial) { return {Event::Kind::kTrial, "s", trial}; }
Event EpochsCame(std::int64_t trial) { return {Event::Kind::kEpochs, "s", trial}; }

v1::StudyEvent TrialEvent(std::int64_t trial) {
  v1::StudyEvent event;
  event.mutable_trial()->set_trial(trial);
  return event;
}

// What a read would bring: the rows of the look's trials, and the study.
StudyChanges Read(const Look& look, bool ended) {
  StudyChanges changes;
  for (const auto& [trial, change] : look.changed) {
    if (change.row) changes.trials.push_back(TrialEvent(trial));
  }
  changes.study.mutable_study()->set_name("s");
  changes.study_ended = ended;
  return changes;
}

// "study", or a trial's number.
std::vector<std::string> Names(const std::vector<v1::StudyEvent>& events) {
  std::vector<std::string> names;
  for (const v1::StudyEvent& event : events) {
    names.push_back(event.has_study() ? "study" : std::to_string(event.trial().trial()));
  }
  return names;
}

class WatchBacklogTest : public ::testing::Test {
 protected:
  void Add(const Event& event) { EXPECT_TRUE(backlog_.Add(event).ok()); }
  // Looks, and sends what there is.
  std::vector<std::string> Send(bool ended = false) {
    const std::optional<Look> look = backlog_.Next();
    EXPECT_TRUE(look.has_value());
    return look ? Names(backlog_.Take(Read(*look, ended))) : std::vector<std::string>();
  }

  WatchBacklog backlog_{1000};
};

TEST_F(WatchBacklogTest, BeginsWithTheWholeStudyAndThenTellsWhatChanged) {
  std::optional<Look> look = backlog_.Next();
  ASSERT_TRUE(look.has_value());
  EXPECT_EQ(look->detail, Detail::kWhole);
  EXPECT_TRUE(look->changed.empty());
  EXPECT_THAT(Names(backlog_.Take(Read(*look, false))), ElementsAre("study"));
  EXPECT_FALSE(backlog_.Next().has_value());
  EXPECT_FALSE(backlog_.done());

  Add(TrialChanged(2));
  Add(TrialChanged(2));
  Add(EpochsCame(1));
  look = backlog_.Next();
  ASSERT_TRUE(look.has_value());
  EXPECT_EQ(look->detail, Detail::kWithoutSpec);
  EXPECT_EQ(look->changed.size(), 2U);
  EXPECT_TRUE(look->changed.at(1).epochs);
  EXPECT_FALSE(look->changed.at(1).row);
  EXPECT_THAT(Names(backlog_.Take(Read(*look, false))), ElementsAre("2", "study"));
}

TEST_F(WatchBacklogTest, AnEndedStudyIsToldOnce) {
  EXPECT_THAT(Send(/*ended=*/true), ElementsAre("study"));
  EXPECT_TRUE(backlog_.done());
  EXPECT_FALSE(backlog_.Next().has_value());
}

// The study's last batch is committed and read before the strand hears of the last trial.
TEST_F(WatchBacklogTest, TheEndWaitsForTheLastTrialsRow) {
  Send();
  Add(TrialChanged(1));
  EXPECT_THAT(Send(/*ended=*/true), ElementsAre("1"));
  EXPECT_FALSE(backlog_.done());
  EXPECT_FALSE(backlog_.Next().has_value());
  Add(TrialChanged(1));
  Add(kStudyEnded);
  EXPECT_THAT(Send(/*ended=*/true), ElementsAre("1", "study"));
  EXPECT_TRUE(backlog_.done());
}

TEST_F(WatchBacklogTest, TheEndWaitsForTrialsThatAreReadLater) {
  Send();
  for (int trial = 1; trial <= 100; ++trial) Add(TrialChanged(trial));
  Add(kStudyEnded);
  const std::vector<std::string> first = Send(/*ended=*/true);
  EXPECT_EQ(first.size(), 64U);
  EXPECT_NE(first.back(), "study");
  const std::vector<std::string> rest = Send(/*ended=*/true);
  EXPECT_EQ(rest.size(), 37U);
  EXPECT_EQ(rest.back(), "study");
  EXPECT_TRUE(backlog_.done());
}

// What ends while it is read is told with that read, not a second time.
TEST_F(WatchBacklogTest, TheEndIsToldOnceWhereItComesDuringARead) {
  Send();
  Add(kStudyChanged);
  const std::optional<Look> look = backlog_.Next();
  Add(kStudyEnded);
  EXPECT_THAT(Names(backlog_.Take(Read(*look, true))), ElementsAre("study"));
  EXPECT_TRUE(backlog_.done());
}

TEST_F(WatchBacklogTest, ALongCurveComesInPieces) {
  Send();
  Add(EpochsCame(1));
  Add(TrialChanged(1));
  std::optional<Look> look = backlog_.Next();
  EXPECT_EQ(look->changed.at(1).after, 0);
  StudyChanges changes = Read(*look, false);
  changes.trials.clear();
  changes.last_epochs[1] = 10'000;
  changes.unread = look->changed;
  backlog_.Take(std::move(changes));
  look = backlog_.Next();
  ASSERT_TRUE(look.has_value());
  EXPECT_EQ(look->changed.at(1).after, 10'000);
  EXPECT_TRUE(look->changed.at(1).epochs);
  EXPECT_TRUE(look->changed.at(1).row);
}

TEST_F(WatchBacklogTest, RemembersNoMoreThanItMay) {
  WatchBacklog small(2);
  EXPECT_TRUE(small.Add(TrialChanged(1)).ok());
  EXPECT_TRUE(small.Add(TrialChanged(2)).ok());
  EXPECT_TRUE(small.Add(EpochsCame(2)).ok());
  EXPECT_TRUE(small.Add(kStudyChanged).ok());
  EXPECT_TRUE(small.taking());
  EXPECT_EQ(small.Add(TrialChanged(3)).code(), absl::StatusCode::kResourceExhausted);
  EXPECT_FALSE(small.taking());
}

// A look is of 64 trials.
TEST_F(WatchBacklogTest, BearsWithAWatcherThatIsSlowButTakes) {
  constexpr std::size_t kMost = 100;
  WatchBacklog slow(kMost);
  std::int64_t trial = 0;
  absl::Status status;
  std::size_t behind = 0;
  while (status.ok()) {
    behind -= std::min<std::size_t>(behind, 64);
    ASSERT_TRUE(slow.Next().has_value());
    for (std::size_t i = 0; i < kMost && status.ok(); ++i) {
      status = slow.Add(TrialChanged(++trial));
      ++behind;
    }
  }
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(behind, WatchBacklog::kMostBehind * kMost + 1);
  EXPECT_TRUE(slow.taking()) << "so that it can be told why";
}

}  // namespace
}  // namespace hpsearch::rpc
