// Following a study to its end needs nothing of the server but the stream that told it.
#include "client/cli/follow.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/cli/study_source.h"

namespace hpsearch::cli {
namespace {

// Tells the study's end, and is not reached any more.
class EndingSource : public StudySource {
 public:
  absl::StatusOr<store::StudyRow> Study(const std::string& /*study*/) override {
    if (gone_) return absl::UnavailableError("cut off");
    store::StudyRow row;
    row.study = "tiny";
    row.state = "RUNNING";
    row.spec = "study: tiny";
    return row;
  }
  absl::Status Watch(const std::string& /*study*/, std::stop_token /*stop*/,
                     const std::function<void(const WatchEvent&)>& on_event) override {
    gone_ = true;
    store::StudyRow row;
    row.study = "tiny";
    row.state = "COMPLETED";
    row.best_trial = 3;
    on_event(row);
    return absl::OkStatus();
  }
  absl::StatusOr<std::vector<store::StudyRow>> Studies() override { return absl::UnimplementedError(""); }
  absl::StatusOr<std::vector<store::TrialRow>> Trials(const store::TrialQuery& /*query*/) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<store::TrialRow> Trial(const std::string& /*study*/, std::int64_t /*trial*/) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<store::TrialRow> BestTrial(const std::string& /*study*/) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<store::EpochRow>> Curve(const std::string& /*study*/,
                                                     std::int64_t /*trial*/) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<store::RoundRow>> Rounds(const std::string&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<store::WorkerRow>> Workers() override { return absl::UnimplementedError(""); }

 private:
  bool gone_ = false;
};

TEST(Follow, EndsWithWhatTheLastEventTold) {
  EndingSource source;
  const absl::StatusOr<store::StudyRow> ended = Follow(source, "tiny", {}, Show::kNothing);
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(ended->state, "COMPLETED");
  EXPECT_EQ(ended->best_trial, 3);
  EXPECT_EQ(ended->spec, "study: tiny");
}

}  // namespace
}  // namespace hpsearch::cli
