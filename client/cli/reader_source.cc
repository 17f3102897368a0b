#include "client/cli/reader_source.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <map>
#include <mutex>
#include <set>

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

  absl::StatusOr<std::vector<StudyRow>> Studies() override { return reader_->Studies(); }
  absl::StatusOr<StudyRow> Study(const std::string& study) override { return reader_->Study(study); }
  absl::StatusOr<std::vector<TrialRow>> Trials(const TrialQuery& query) override { return reader_->Trials(query); }
  absl::StatusOr<TrialRow> Trial(const std::string& study, std::int64_t trial) override {
    return reader_->Trial(study, trial);
  }
  absl::StatusOr<TrialRow> BestTrial(const std::string& study) override { return reader_->BestTrial(study); }
  absl::StatusOr<std::vector<EpochRow>> Curve(const std::string& study, std::int64_t trial) override {
    return reader_->Curve(study, trial);
  }
  absl::StatusOr<std::vector<store::WorkerRow>> Workers() override { return reader_->Workers(); }

  absl::Status Watch(const std::string& study, std::stop_token stop,
                     const std::function<void(const WatchEvent&)>& on_event) override;

 private:
  // What a watch has told so far.
  struct Told {
    std::int64_t ended = -1;                       // trials; -1: before the first look
    std::map<std::int64_t, std::int64_t> running;  // trial -> epochs told
    std::set<std::int64_t> finished;               // trials told
  };
  absl::Status TellTrials(const StudyRow& study, Told& told,
                          const std::function<void(const WatchEvent&)>& on_event);
  absl::Status TellEpochs(const StudyRow& study, std::int64_t trial, std::int64_t after,
                          const std::function<void(const WatchEvent&)>& on_event);

  std::unique_ptr<store::StudyReader> reader_;
};

absl::Status ReaderSource::TellEpochs(const StudyRow& study, std::int64_t trial, std::int64_t after,
                                      const std::function<void(const WatchEvent&)>& on_event) {
  absl::StatusOr<std::vector<EpochRow>> curve = reader_->Curve(study.study, trial);
  if (!curve.ok()) return curve.status();
  for (const EpochRow& epoch : *curve) {
    if (epoch.epoch > after) on_event(epoch);
  }
  return absl::OkStatus();
}

absl::Status ReaderSource::TellTrials(const StudyRow& study, Told& told,
                                      const std::function<void(const WatchEvent&)>& on_event) {
  const std::int64_t ended = EndedTrials(study);
  if (told.ended >= 0 && ended > told.ended) {
    // One more than have ended since: a trial that was told may have been touched again.
    absl::StatusOr<std::vector<TrialRow>> latest =
        reader_->Trials({study.study, std::nullopt, "finished_at", true, ended - told.ended + 1});
    if (!latest.ok()) return latest.status();
    for (auto trial = latest->rbegin(); trial != latest->rend(); ++trial) {
      if (!HasEnded(*trial) || !told.finished.insert(trial->trial).second) continue;
      const auto running = told.running.find(trial->trial);
      const std::int64_t after = running == told.running.end() ? 0 : running->second;
      if (absl::Status status = TellEpochs(study, trial->trial, after, on_event); !status.ok()) return status;
      told.running.erase(trial->trial);
      on_event(*trial);
    }
  } else if (told.ended < 0 && ended > 0) {
    absl::StatusOr<std::vector<TrialRow>> before =
        reader_->Trials({study.study, std::nullopt, "finished_at", true, 1});
    if (!before.ok()) return before.status();
    for (const TrialRow& trial : *before) told.finished.insert(trial.trial);
  }
  absl::StatusOr<std::vector<TrialRow>> running =
      reader_->Trials({study.study, "RUNNING", "trial", false, 10'000});
  if (!running.ok()) return running.status();
  for (const TrialRow& trial : *running) {
    const auto [known, fresh] = told.running.emplace(trial.trial, told.ended < 0 ? trial.epochs : 0);
    if (fresh) on_event(trial);
    if (trial.epochs <= known->second) continue;
    if (absl::Status status = TellEpochs(study, trial.trial, known->second, on_event); !status.ok()) return status;
    known->second = trial.epochs;
  }
  told.ended = ended;
  return absl::OkStatus();
}

absl::Status ReaderSource::Watch(const std::string& study, std::stop_token stop,
                                 const std::function<void(const WatchEvent&)>& on_event) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  Told told;
  for (std::int64_t seen = -1; !stop.stop_requested();) {
    absl::StatusOr<std::int64_t> version = reader_->DataVersion();
    if (!version.ok()) return version.status();
    if (*version != seen) {
      seen = *version;
      absl::StatusOr<StudyRow> row = reader_->Study(study);
      if (!row.ok()) return row.status();
      const bool first = told.ended < 0;
      if (first) on_event(*row);
      if (absl::Status status = TellTrials(*row, told, on_event); !status.ok()) return status;
      if (!first) on_event(*row);
      if (HasEnded(*row)) return absl::OkStatus();
    }
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, kPollInterval, [] { return false; });
  }
  return absl::CancelledError("interrupted");
}

}  // namespace

absl::StatusOr<std::unique_ptr<StudySource>> OpenReaderSource(const std::string& path) {
  absl::StatusOr<std::unique_ptr<store::StudyReader>> reader = store::StudyReader::Open(path);
  if (!reader.ok()) return reader.status();
  return std::make_unique<ReaderSource>(*std::move(reader));
}

}  // namespace hpsearch::cli
