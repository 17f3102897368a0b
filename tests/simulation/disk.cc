#include "tests/simulation/disk.h"

#include <algorithm>
#include <map>

#include "tests/simulation/broken.h"

namespace hpsearch::simulation {
namespace {

constexpr std::size_t kMostInGroup = 64;

}  // namespace

Disk::Disk(Nature& nature, Auditor& auditor, study::Strand& strand, double commit_seconds)
    : nature_(nature), auditor_(auditor), commit_seconds_(commit_seconds), rows_(strand) {
  rows_.Hold();
  rows_.OnCommitted([this](const study::Batch& batch) {
    nature_.Log("disk: {} changes are durable", batch.size());
    nature_.Mix(batch.size());
    auditor_.Committed(batch);
  });
}

void Disk::Commit(study::Batch batch, std::function<void(absl::Status)> done) {
  auditor_.Decided(batch);
  // After the first failure that the coordinator hears of, those of what was handed over before are no news.
  rows_.Commit(std::move(batch), [this, era = era_, done = std::move(done)](const absl::Status& status) {
    if (!status.ok() && era == era_) {
      ++era_;
      auditor_.Dropped();
    }
    done(status);
  });
  Begin();
}

absl::StatusOr<std::vector<study::StoredStudy>> Disk::LoadOpenStudies() {
  absl::StatusOr<std::vector<study::StoredStudy>> studies = rows_.LoadOpenStudies();
  if (studies.ok()) auditor_.Loaded();
  return studies;
}

void Disk::CheckAgainst(const StudyEntry& study) {
  const std::int64_t id = study.row.id;
  std::int64_t trials = 0;
  for (auto it = rows_.trials().lower_bound({id, 0}); it != rows_.trials().end() && it->first.first == id; ++it) {
    ++trials;
  }
  Invariant(trials == std::ssize(study.trials), "what was acknowledged is there", "study {}: {} trials of {}",
            study.row.name, trials, study.trials.size());
  for (const auto& [number, trial] : study.trials) {
    const std::map<std::int64_t, study::EpochRecord> epochs = rows_.Epochs(id, number);
    Invariant(epochs.size() == trial.epochs.size(), "what was acknowledged is there", "{}/{}: {} epochs of {}",
              study.row.name, number, epochs.size(), trial.epochs.size());
    for (const study::EpochRecord& epoch : trial.epochs) {
      const auto stored = epochs.find(epoch.epoch);
      Invariant(stored != epochs.end() && SameResult(stored->second, epoch), "what was acknowledged is there",
                "{}/{}: epoch {}", study.row.name, number, epoch.epoch);
    }
  }
}

void Disk::SetUnreadable(bool unreadable) {
  rows_.FailReads(unreadable ? absl::UnavailableError("the disk cannot be read") : absl::OkStatus());
}

void Disk::Begin() {
  if (under_way_ > 0 || rows_.waiting() == 0) return;
  under_way_ = std::min(rows_.waiting(), kMostInGroup);
  const Micros takes = nature_.dice.Wait(commit_seconds_ * 1e6);
  const Micros due = std::max(nature_.now() + takes, stalled_until_);
  nature_.After(due - nature_.now(), [this, life = life_] {
    if (life == life_) End();
  });
}

void Disk::End() {
  Write(std::exchange(under_way_, 0));
  Begin();
}

void Disk::Write(std::size_t batches) {
  const bool fails = full_ || std::exchange(fail_once_, false);
  // Some batches of a group may be small enough to fit in.
  const std::size_t fit = fails ? static_cast<std::size_t>(nature_.dice.Between(0, 1)) : batches;
  for (std::size_t i = 0; i < batches && rows_.waiting() > 0; ++i) {
    if (i == fit) {
      nature_.Log("disk: full, {} batches are lost", rows_.waiting());
      rows_.FailNext(absl::UnavailableError("the disk is full"));
    }
    rows_.CommitOne();
  }
}

void Disk::Crash() {
  if (under_way_ > 0 && nature_.dice.Chance(0.5)) Write(under_way_);
  under_way_ = 0;
  ++life_;
  ++era_;
  rows_.DropWaiting();
  rows_.Hold();
  auditor_.Dropped();
}

void Disk::Finish() {
  while (rows_.waiting() > 0 && !full_) rows_.CommitOne();
  Crash();
}

}  // namespace hpsearch::simulation
