#include "client/cli/reader_source.h"

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "client/cli/target.h"
#include "client/cli/trial_news.h"

namespace hpsearch::cli {
namespace {

using store::EpochRow;
using store::StudyRow;
using store::TrialQuery;
using store::TrialRow;

// How often the file is asked whether it has changed; the question reads one page.
constexpr std::chrono::milliseconds kPollInterval(200);

class ReaderSource : public StudySource {
 public:
  explicit ReaderSource(std::unique_ptr<store::StudyReader> reader) : reader_(std::move(reader)) {}

  absl::StatusOr<std::vector<StudyRow>> Studies() override { return OfFile(reader_->Studies()); }
  absl::StatusOr<StudyRow> Study(const std::string& study) override { return OfFile(reader_->Study(study)); }
  absl::StatusOr<std::vector<TrialRow>> Trials(const TrialQuery& query) override {
    return OfFile(reader_->Trials(query));
  }
  absl::StatusOr<TrialRow> Trial(const std::string& study, std::int64_t trial) override {
    return OfFile(reader_->Trial(study, trial));
  }
  absl::StatusOr<TrialRow> BestTrial(const std::string& study) override {
    return OfFile(reader_->BestTrial(study));
  }
  absl::StatusOr<std::vector<EpochRow>> Curve(const std::string& study, std::int64_t trial) override {
    return OfFile(reader_->Curve(study, trial));
  }
  absl::StatusOr<std::vector<store::RoundRow>> Rounds(const std::string& study) override {
    return OfFile(reader_->Rounds(study));
  }
  absl::StatusOr<std::vector<store::WorkerRow>> Workers() override { return OfFile(reader_->Workers()); }

  absl::Status Watch(const std::string& study, std::stop_token stop,
                     const std::function<void(const WatchEvent&)>& on_event) override;

 private:
  std::unique_ptr<store::StudyReader> reader_;
};

absl::Status ReaderSource::Watch(const std::string& study, std::stop_token stop,
                                 const std::function<void(const WatchEvent&)>& on_event) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  TrialNews news(*this, study);
  if (absl::Status status = news.Begin(); !status.ok()) return status;
  bool first = true;
  for (std::int64_t seen = -1; !stop.stop_requested();) {
    absl::StatusOr<std::int64_t> version = OfFile(reader_->DataVersion());
    if (!version.ok()) return version.status();
    if (*version != seen) {
      seen = *version;
      // The study before its trials: when it has ended, so have they.
      absl::StatusOr<StudyRow> row = Study(study);
      if (!row.ok()) return row.status();
      if (first) on_event(*row);
      if (absl::Status status = news.Tell(on_event); !status.ok()) return status;
      if (!first) on_event(*row);
      if (HasEnded(*row)) return absl::OkStatus();
      first = false;
    }
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, kPollInterval, [] { return false; });
  }
  return absl::CancelledError("interrupted");
}

}  // namespace

absl::StatusOr<std::unique_ptr<StudySource>> OpenReaderSource(const std::string& path) {
  absl::StatusOr<std::unique_ptr<store::StudyReader>> reader = store::StudyReader::Open(path);
  if (!reader.ok()) return OfFile(reader.status());
  return std::make_unique<ReaderSource>(*std::move(reader));
}

}  // namespace hpsearch::cli
