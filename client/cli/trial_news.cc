#include "client/cli/trial_news.h"

#include <limits>
#include <optional>
#include <utility>

namespace hpsearch::cli {
namespace {

using store::TrialRow;

constexpr std::int64_t kAll = std::numeric_limits<std::int64_t>::max();
constexpr std::int64_t kFirstPage = 16;

}  // namespace

absl::Status TrialNews::Begin() {
  absl::StatusOr<std::vector<TrialRow>> last = source_.Trials({study_, std::nullopt, "trial", true, 1});
  if (!last.ok()) return last.status();
  if (!last->empty()) highest_ = last->front().trial;
  // Each is a read of its own: a trial that stops running between them is found where it waits, and one that
  // waited is found running.
  for (const char* state : {"RUNNING", "QUEUED", "PAUSED", "RUNNING"}) {
    absl::StatusOr<std::vector<TrialRow>> trials = source_.Trials({study_, state, "trial", false, kAll});
    if (!trials.ok()) return trials.status();
    for (const TrialRow& trial : *trials) {
      // One that came behind the highest meanwhile is found as fresh.
      if (trial.trial <= highest_) open_[trial.trial].epochs = trial.epochs;
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::map<std::int64_t, TrialRow>> TrialNews::Fresh() {
  for (std::int64_t most = kFirstPage;; most *= 2) {
    absl::StatusOr<std::vector<TrialRow>> latest = source_.Trials({study_, std::nullopt, "trial", true, most});
    if (!latest.ok()) return latest.status();
    const bool reached = static_cast<std::int64_t>(latest->size()) < most || latest->back().trial <= highest_;
    if (!reached) continue;
    std::map<std::int64_t, TrialRow> fresh;
    for (TrialRow& trial : *latest) {
      if (trial.trial > highest_) fresh.emplace(trial.trial, std::move(trial));
    }
    return fresh;
  }
}

void TrialNews::Reach(std::int64_t trial) {
  while (highest_ < trial) open_.try_emplace(++highest_);
}

absl::Status TrialNews::TellEpochs(std::int64_t trial, Open& told, const OnEvent& on_event) {
  absl::StatusOr<std::vector<store::EpochRow>> curve = source_.Curve(study_, trial);
  if (!curve.ok()) return curve.status();
  for (const store::EpochRow& epoch : *curve) {
    if (epoch.epoch <= told.epochs) continue;
    told.epochs = epoch.epoch;
    on_event(epoch);
  }
  return absl::OkStatus();
}

absl::Status TrialNews::TellTrial(const TrialRow& row, const OnEvent& on_event) {
  Open& told = open_[row.trial];
  const bool ended = HasEnded(row);
  const bool running = row.state == "RUNNING";
  if (!ended && running != told.running) {
    told.running = running;
    on_event(row);
  }
  if (row.epochs > told.epochs) {
    // The curve is read behind the row, and may be ahead of it.
    if (absl::Status status = TellEpochs(row.trial, told, on_event); !status.ok()) return status;
  }
  if (ended) {
    on_event(row);
    open_.erase(row.trial);
  }
  return absl::OkStatus();
}

absl::Status TrialNews::Tell(const OnEvent& on_event) {
  absl::StatusOr<std::map<std::int64_t, TrialRow>> fresh = Fresh();
  if (!fresh.ok()) return fresh.status();
  if (!fresh->empty()) Reach(fresh->rbegin()->first);
  std::map<std::int64_t, TrialRow> known = *std::move(fresh);
  absl::StatusOr<std::vector<TrialRow>> running = source_.Trials({study_, "RUNNING", "trial", false, kAll});
  if (!running.ok()) return running.status();
  for (TrialRow& row : *running) {
    Reach(row.trial);
    open_.try_emplace(row.trial);  // what runs is not over, even if Begin missed it
    known.insert_or_assign(row.trial, std::move(row));
  }

  std::vector<std::int64_t> numbers;
  for (const auto& [number, told] : open_) numbers.push_back(number);
  for (const std::int64_t number : numbers) {
    const auto found = known.find(number);
    absl::Status status;
    if (found != known.end()) {
      status = TellTrial(found->second, on_event);
    } else {
      absl::StatusOr<TrialRow> row = source_.Trial(study_, number);
      status = row.ok() ? TellTrial(*row, on_event) : row.status();
    }
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

void TrialNews::TakeEpoch(const store::EpochRow& epoch, const OnEvent& on_event) {
  if (IsOver(epoch.trial)) return;  // it was told whole
  Reach(epoch.trial);
  Open& told = open_[epoch.trial];
  if (epoch.epoch <= told.epochs) return;
  told.epochs = epoch.epoch;
  on_event(epoch);
}

absl::Status TrialNews::TakeTrial(const TrialRow& row, const OnEvent& on_event) {
  if (IsOver(row.trial)) return absl::OkStatus();  // an old row that was under way
  Reach(row.trial);
  // Its last epochs may come behind it, and the curve of a reused trial does not come at all.
  if (HasEnded(row)) return TellTrial(row, on_event);
  open_[row.trial].running = row.state == "RUNNING";
  on_event(row);
  return absl::OkStatus();
}

absl::Status TrialNews::Take(const WatchEvent& event, const OnEvent& on_event) {
  if (const auto* trial = std::get_if<TrialRow>(&event)) return TakeTrial(*trial, on_event);
  if (const auto* epoch = std::get_if<store::EpochRow>(&event)) {
    TakeEpoch(*epoch, on_event);
  } else {
    on_event(event);
  }
  return absl::OkStatus();
}

}  // namespace hpsearch::cli
