#include "client/cli/trial_news.h"

#include <algorithm>
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
  for (const char* state : {"QUEUED", "RUNNING", "PAUSED"}) {
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

absl::Status TrialNews::TellEpochs(std::int64_t trial, std::int64_t after, const OnEvent& on_event) {
  absl::StatusOr<std::vector<store::EpochRow>> curve = source_.Curve(study_, trial);
  if (!curve.ok()) return curve.status();
  for (const store::EpochRow& epoch : *curve) {
    if (epoch.epoch > after) on_event(epoch);
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
    if (absl::Status status = TellEpochs(row.trial, told.epochs, on_event); !status.ok()) return status;
    told.epochs = row.epochs;
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
  for (const auto& [number, row] : *fresh) {
    open_.try_emplace(number);
    highest_ = std::max(highest_, number);
  }
  std::map<std::int64_t, TrialRow> known = *std::move(fresh);
  absl::StatusOr<std::vector<TrialRow>> running = source_.Trials({study_, "RUNNING", "trial", false, kAll});
  if (!running.ok()) return running.status();
  for (TrialRow& row : *running) known.insert_or_assign(row.trial, std::move(row));

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

bool TrialNews::Take(const WatchEvent& event) {
  if (const auto* epoch = std::get_if<store::EpochRow>(&event)) {
    if (epoch->trial <= highest_ && !open_.contains(epoch->trial)) return false;  // ended, and was told whole
    highest_ = std::max(highest_, epoch->trial);
    Open& told = open_[epoch->trial];
    if (epoch->epoch <= told.epochs) return false;
    told.epochs = epoch->epoch;
    return true;
  }
  const auto* trial = std::get_if<TrialRow>(&event);
  if (trial == nullptr) return true;
  if (!HasEnded(*trial)) {
    open_[trial->trial].running = trial->state == "RUNNING";
  } else if (open_.erase(trial->trial) == 0 && trial->trial <= highest_) {
    return false;
  }
  highest_ = std::max(highest_, trial->trial);
  return true;
}

}  // namespace hpsearch::cli
