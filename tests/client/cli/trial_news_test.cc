// What is told of trials whose rows, epochs and events come in every order that a source may read or send them in.
#include "client/cli/trial_news.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ostream>

namespace hpsearch::cli {
namespace {

using store::TrialRow;
using testing::ElementsAre;
using testing::IsEmpty;

store::EpochRow Epoch(std::int64_t trial, std::int64_t number) {
  store::EpochRow epoch;
  epoch.trial = trial;
  epoch.epoch = number;
  return epoch;
}

TrialRow Row(std::int64_t trial, const std::string& state, std::int64_t epochs) {
  TrialRow row;
  row.study = "mlp";
  row.trial = trial;
  row.state = state;
  row.epochs = epochs;
  return row;
}

// Trials in memory, with as many epochs each as its row says; `at_read` is called before each read of trials of a
// state, and may change them.
class FakeSource : public StudySource {
 public:
  void Put(std::int64_t trial, const std::string& state, std::int64_t epochs) {
    trials[trial] = Row(trial, state, epochs);
  }

  absl::StatusOr<std::vector<store::StudyRow>> Studies() override { return absl::UnimplementedError(""); }
  absl::StatusOr<store::StudyRow> Study(const std::string&) override { return absl::UnimplementedError(""); }
  absl::StatusOr<TrialRow> BestTrial(const std::string&) override { return absl::UnimplementedError(""); }
  absl::StatusOr<std::vector<store::RoundRow>> Rounds(const std::string&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<store::WorkerRow>> Workers() override { return absl::UnimplementedError(""); }
  absl::Status Watch(const std::string&, std::stop_token, const std::function<void(const WatchEvent&)>&) override {
    return absl::UnimplementedError("");
  }

  absl::StatusOr<std::vector<TrialRow>> Trials(const store::TrialQuery& query) override {
    if (query.state.has_value() && at_read) at_read(++reads_);
    std::vector<TrialRow> rows;
    for (const auto& [number, row] : trials) {
      if (query.state.value_or(row.state) == row.state) rows.push_back(row);
    }
    if (query.descending) std::reverse(rows.begin(), rows.end());
    if (static_cast<std::int64_t>(rows.size()) > query.limit) rows.resize(query.limit);
    return rows;
  }
  absl::StatusOr<TrialRow> Trial(const std::string&, std::int64_t trial) override {
    if (!trials.contains(trial)) return absl::NotFoundError("no such trial");
    return trials.at(trial);
  }
  absl::StatusOr<std::vector<store::EpochRow>> Curve(const std::string&, std::int64_t trial) override {
    if (at_curve) at_curve();
    if (!curves.ok()) return curves;
    std::vector<store::EpochRow> rows;
    for (std::int64_t epoch = 1; epoch <= trials.at(trial).epochs; ++epoch) rows.push_back(Epoch(trial, epoch));
    return rows;
  }

  std::map<std::int64_t, TrialRow> trials;
  std::function<void(int)> at_read;
  std::function<void()> at_curve;
  absl::Status curves;

 private:
  int reads_ = 0;
};

class TrialNewsTest : public testing::Test {
 protected:
  void Begin() {
    const absl::Status status = news_.Begin();
    ASSERT_TRUE(status.ok()) << status;
  }
  // What that told: "1 RUNNING", "1:2" for its second epoch.
  std::vector<std::string> Tell() {
    told_.clear();
    const absl::Status status = news_.Tell(on_event_);
    EXPECT_TRUE(status.ok()) << status;
    return told_;
  }
  std::vector<std::string> Take(const WatchEvent& event) {
    told_.clear();
    const absl::Status status = news_.Take(event, on_event_);
    EXPECT_TRUE(status.ok()) << status;
    return told_;
  }

  FakeSource source_;
  TrialNews news_{source_, "mlp"};
  std::vector<std::string> told_;
  const TrialNews::OnEvent on_event_ = [this](const WatchEvent& event) {
    if (const auto* epoch = std::get_if<store::EpochRow>(&event)) {
      told_.push_back(fmt::format("{}:{}", epoch->trial, epoch->epoch));
    } else if (const auto* trial = std::get_if<TrialRow>(&event)) {
      told_.push_back(fmt::format("{} {}", trial->trial, trial->state));
    }
  };
};

TEST_F(TrialNewsTest, ALateRowDoesNotOpenWhatHasEnded) {
  source_.Put(1, "RUNNING", 0);
  Begin();
  source_.Put(1, "COMPLETED", 1);
  source_.Put(2, "COMPLETED", 1);
  EXPECT_THAT(Tell(), ElementsAre("1:1", "1 COMPLETED", "2:1", "2 COMPLETED"));
  for (const std::int64_t trial : {1, 2}) {
    EXPECT_THAT(Take(Row(trial, "RUNNING", 0)), IsEmpty());
    EXPECT_THAT(Take(Epoch(trial, 1)), IsEmpty());
    EXPECT_THAT(Take(Row(trial, "COMPLETED", 1)), IsEmpty());
  }
  EXPECT_THAT(Tell(), IsEmpty());
}

TEST_F(TrialNewsTest, TrialsThatComeBehindALaterOneAreTold) {
  Begin();
  EXPECT_THAT(Take(Row(4, "RUNNING", 0)), ElementsAre("4 RUNNING"));
  source_.Put(1, "COMPLETED", 1);
  EXPECT_THAT(Take(Epoch(1, 1)), ElementsAre("1:1"));
  EXPECT_THAT(Take(Row(1, "COMPLETED", 1)), ElementsAre("1 COMPLETED"));
  EXPECT_THAT(Take(Row(2, "RUNNING", 0)), ElementsAre("2 RUNNING"));
  // The rest is found at another look.
  source_.Put(2, "COMPLETED", 1);
  source_.Put(3, "COMPLETED", 1);
  source_.Put(4, "RUNNING", 0);
  EXPECT_THAT(Tell(), ElementsAre("2:1", "2 COMPLETED", "3:1", "3 COMPLETED"));
}

TEST_F(TrialNewsTest, TrialsThatComeBehindALatersEpochsAreTold) {
  Begin();
  EXPECT_THAT(Take(Epoch(3, 1)), ElementsAre("3:1"));
  source_.Put(2, "COMPLETED", 0);
  EXPECT_THAT(Take(Row(2, "COMPLETED", 0)), ElementsAre("2 COMPLETED"));
}

// The curve is read behind the row.
TEST_F(TrialNewsTest, EpochsThatTheRowDoesNotCountYetAreToldOnce) {
  Begin();
  source_.Put(1, "RUNNING", 1);
  source_.at_curve = [this] { source_.Put(1, "RUNNING", 3); };
  EXPECT_THAT(Tell(), ElementsAre("1 RUNNING", "1:1", "1:2", "1:3"));
  source_.at_curve = nullptr;
  EXPECT_THAT(Tell(), IsEmpty());
  EXPECT_THAT(Take(Epoch(1, 3)), IsEmpty());
  source_.Put(1, "COMPLETED", 4);
  EXPECT_THAT(Tell(), ElementsAre("1:4", "1 COMPLETED"));
}

// The row was read before the event of its last epochs had come; a reused trial's epochs have no event.
TEST_F(TrialNewsTest, AnEndThatComesBeforeItsEpochsIsToldBehindThem) {
  Begin();
  source_.Put(1, "COMPLETED", 3);
  source_.Put(2, "COMPLETED", 2);
  EXPECT_THAT(Take(Row(1, "RUNNING", 1)), ElementsAre("1 RUNNING"));
  EXPECT_THAT(Take(Epoch(1, 1)), ElementsAre("1:1"));
  EXPECT_THAT(Take(Row(1, "COMPLETED", 3)), ElementsAre("1:2", "1:3", "1 COMPLETED"));
  EXPECT_THAT(Take(Epoch(1, 2)), IsEmpty());
  EXPECT_THAT(Take(Epoch(1, 3)), IsEmpty());
  EXPECT_THAT(Take(Row(2, "COMPLETED", 2)), ElementsAre("2:1", "2:2", "2 COMPLETED"));
}

TEST_F(TrialNewsTest, AnEndWhoseEpochsCannotBeReadIsToldAtTheNextLook) {
  Begin();
  source_.Put(1, "COMPLETED", 2);
  EXPECT_THAT(Take(Epoch(1, 1)), ElementsAre("1:1"));
  source_.curves = absl::UnavailableError("away");
  EXPECT_TRUE(absl::IsUnavailable(news_.Take(Row(1, "COMPLETED", 2), on_event_)));
  EXPECT_THAT(told_, ElementsAre("1:1"));
  source_.curves = absl::OkStatus();
  EXPECT_THAT(Tell(), ElementsAre("1:2", "1 COMPLETED"));
}

// Changes its one trial's state between the reads of a beginning, of which each asks for one state.
struct Change {
  int read;  // before this one
  const char *before, *after;
  // The test's name, to ctest.
  friend void PrintTo(const Change& change, std::ostream* out) {
    *out << change.before << " to " << change.after << " before read " << change.read;
  }
};
class TrialNewsBeginning : public TrialNewsTest, public testing::WithParamInterface<Change> {};

TEST_P(TrialNewsBeginning, MissesNoTrialThatChangesMeanwhile) {
  const Change& change = GetParam();
  source_.Put(1, change.before, 1);
  source_.at_read = [&](int read) {
    if (read == change.read) source_.Put(1, change.after, 1);
  };
  Begin();
  source_.at_read = nullptr;
  source_.Put(1, "COMPLETED", 2);
  EXPECT_THAT(Tell(), ElementsAre("1:2", "1 COMPLETED"));
}

INSTANTIATE_TEST_SUITE_P(Changes, TrialNewsBeginning,
                         testing::Values(Change{2, "RUNNING", "QUEUED"}, Change{2, "RUNNING", "PAUSED"},
                                         Change{3, "RUNNING", "QUEUED"}, Change{2, "QUEUED", "RUNNING"},
                                         Change{3, "QUEUED", "RUNNING"}, Change{3, "PAUSED", "RUNNING"}));

// It was queued, ran and was queued again, each beside the read that would have found it.
TEST_F(TrialNewsTest, WhatRunsIsTakenUpThoughTheBeginningMissedIt) {
  source_.Put(1, "QUEUED", 1);
  source_.at_read = [this](int read) { source_.Put(1, read == 2 ? "RUNNING" : "QUEUED", 1); };
  Begin();
  source_.at_read = nullptr;
  source_.Put(1, "RUNNING", 1);
  EXPECT_THAT(Tell(), ElementsAre("1 RUNNING", "1:1"));
  source_.Put(1, "COMPLETED", 2);
  EXPECT_THAT(Tell(), ElementsAre("1:2", "1 COMPLETED"));
}

}  // namespace
}  // namespace hpsearch::cli
