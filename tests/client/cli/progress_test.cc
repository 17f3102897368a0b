// Progress on a stream: plain lines where it is no terminal, a block whose clock goes on where it is one.
#include "client/cli/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <pty.h>
#include <unistd.h>

#include <atomic>
#include <cstdlib>
#include <sstream>

#include "tests/client/cli/row_samples.h"

namespace hpsearch::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<std::string> LinesOf(const std::string& text) {
  std::vector<std::string> lines;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) lines.push_back(line);
  return lines;
}

// A source with one best trial, and a clock that is set by hand.
class OneTrial : public StudySource {
 public:
  absl::StatusOr<std::vector<store::StudyRow>> Studies() override { return absl::UnimplementedError(""); }
  absl::StatusOr<store::StudyRow> Study(const std::string&) override { return SomeStudy(); }
  absl::StatusOr<std::vector<store::TrialRow>> Trials(const store::TrialQuery&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<store::TrialRow> Trial(const std::string&, std::int64_t) override { return SomeTrial(); }
  absl::StatusOr<store::TrialRow> BestTrial(const std::string&) override { return SomeTrial(); }
  absl::StatusOr<std::vector<store::EpochRow>> Curve(const std::string&, std::int64_t) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<store::RoundRow>> Rounds(const std::string&) override {
    return absl::UnimplementedError("");
  }
  absl::StatusOr<std::vector<store::WorkerRow>> Workers() override { return absl::UnimplementedError(""); }
  absl::Status Watch(const std::string&, std::stop_token, const std::function<void(const WatchEvent&)>&) override {
    return absl::UnimplementedError("");
  }
};

// Which trial is the best, and its point's mean, are those of the same event.
TEST(Progress, TheBestOfPointsIsTheirMean) {
  OneTrial source;
  std::FILE* stream = std::tmpfile();
  Progress progress(source, 1, stream, [] { return std::chrono::duration<double>(0); });
  store::StudyRow study = SomeStudy();
  study.best_trial = 3;
  study.best_point = {.results = 2, .mean = 0.125};
  progress.OnEvent(study);
  progress.Finish();
  std::rewind(stream);
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stream));
  std::fclose(stream);
  EXPECT_THAT(text, HasSubstr("best so far validation_error 0.125 (trial 3)"));
}

TEST(Progress, PlainLinesAreAtMostOneASecondButForBestsAndRounds) {
  OneTrial source;
  std::FILE* stream = std::tmpfile();
  double now = 0;
  Progress progress(source, 2, stream, [&now] { return std::chrono::duration<double>(now); });
  store::StudyRow study = SomeStudy();
  progress.OnEvent(study);  // "begins"
  now = 0.5;
  progress.OnEvent(SomeTrial());  // too soon
  now = 1.5;
  progress.OnEvent(SomeTrial());  // two lines: the trial, and how far it is
  now = 1.6;
  progress.OnEvent(SomeTrial());  // too soon
  study.best_trial = 3;
  progress.OnEvent(study);  // a new best is always said
  progress.OnEvent(study);  // once
  study.rounds = 2;
  progress.OnEvent(study);  // a new round too
  study.state = "COMPLETED";
  progress.OnEvent(study);  // and the end
  progress.Finish();
  std::rewind(stream);
  std::string text(4096, '\0');
  text.resize(std::fread(text.data(), 1, text.size(), stream));
  std::fclose(stream);
  EXPECT_THAT(LinesOf(text),
              ElementsAre(HasSubstr("round 1/2 begins"), HasSubstr("trial 3 COMPLETED 0.1 in"),
                          HasSubstr("3/37 trials"), HasSubstr("best so far validation_error 0.1 (trial 3)"),
                          HasSubstr("round 2/2 begins"), HasSubstr("3/12 trials")));
}

// A terminal that a test reads from the other end.
class Terminal {
 public:
  Terminal() {
    int shown = -1;
    EXPECT_EQ(openpty(&reading_, &shown, nullptr, nullptr, nullptr), 0);
    stream_ = fdopen(shown, "w");
  }
  ~Terminal() {
    std::fclose(stream_);
    close(reading_);
  }
  std::FILE* stream() { return stream_; }
  // Reads until that is shown, or the test's time is over.
  std::string Await(const std::string& text) {
    std::string read_so_far;
    char bytes[4096];
    while (read_so_far.find(text) == std::string::npos) {
      const ssize_t size = read(reading_, bytes, sizeof(bytes));
      if (size <= 0) break;
      read_so_far.append(bytes, static_cast<std::size_t>(size));
    }
    return read_so_far;
  }

 private:
  int reading_ = -1;
  std::FILE* stream_ = nullptr;
};

TEST(Progress, TheBlocksClockGoesOnBetweenEvents) {
  setenv("TERM", "xterm", 1);
  OneTrial source;
  Terminal terminal;
  std::atomic<double> now = 0;
  Progress progress(source, 2, terminal.stream(), [&now] { return std::chrono::duration<double>(now.load()); });
  store::StudyRow study = SomeStudy();
  study.started_at = "2026-01-01T00:00:00.000000Z";
  progress.OnEvent(study);
  EXPECT_THAT(terminal.Await("1.5 s"), HasSubstr("3/37 trials"));
  now = 60;
  EXPECT_THAT(terminal.Await("1 min 1 s"), HasSubstr("1 min 1 s"));
  progress.Finish();
}

TEST(Progress, ADumbTerminalGetsLines) {
  setenv("TERM", "dumb", 1);
  OneTrial source;
  Terminal terminal;
  Progress progress(source, 2, terminal.stream());
  progress.OnEvent(SomeStudy());
  EXPECT_THAT(terminal.Await("begins"), testing::Not(HasSubstr("\x1b")));
}

}  // namespace
}  // namespace hpsearch::cli
