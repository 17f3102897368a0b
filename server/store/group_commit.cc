#include "server/store/group_commit.h"

#include <fmt/format.h>
#include <spdlog/spdlog.h>
#include <sqlite3.h>

#include <utility>

#include "server/failpoint/failpoint.h"
#include "server/store/change_writer.h"
#include "server/store/database.h"
#include "server/store/sqlite_error.h"

namespace hpsearch::store {
namespace {

// Bounds the wait of a group's first batch for the others, and the memory of one transaction.
constexpr std::size_t kGroupChanges = 4096;
// The log is copied into the file when it has grown by so many pages: 16 MiB, a second or so of hard work.
constexpr int kCheckpointPages = 4096;
// The log begins anew where it was copied whole and nobody reads from it. With many readers there is always one:
// once it has so many pages, their reads are waited for, for so long (those that begin meanwhile read the file).
constexpr int kManyPages = 8192;
constexpr int kRestartMilliseconds = 100;
constexpr int kTryAgainPages = 1024;  // of growth, behind a try that failed

std::size_t SizeOf(const study::Batch& batch) {
  std::size_t size = 0;
  for (const study::Change& change : batch) {
    ++size;
    if (const auto* append = std::get_if<study::AppendEpochs>(&change)) size += append->epochs.size();
    if (const auto* copy = std::get_if<study::CopyEpochs>(&change)) size += static_cast<std::size_t>(copy->epochs);
  }
  return size;
}

}  // namespace

GroupCommit::GroupCommit(std::unique_ptr<SQLite::Database> database, study::Strand& strand)
    : database_(std::move(database)), strand_(strand), due_pages_(kCheckpointPages) {
  sqlite3_wal_hook(
      database_->getHandle(),
      [](void* self, sqlite3*, const char*, int pages) {
        static_cast<GroupCommit*>(self)->log_pages_ = pages;
        return SQLITE_OK;
      },
      this);
  writer_ = std::thread([this] { Write(); });
}

GroupCommit::~GroupCommit() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    closing_ = true;
  }
  changed_.notify_one();
  writer_.join();
}

void GroupCommit::Commit(study::Batch batch, Done done) {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    queue_.push_back({std::move(batch), std::move(done), *era_});
  }
  changed_.notify_one();
}

void GroupCommit::Write() {
  {
    ChangeWriter writer(*database_);
    for (std::vector<Waiting> group = Take(); !group.empty(); group = Take()) {
      failpoint::Failpoint("server.commit.taken");
      std::vector<absl::Status> statuses = CommitGroup(writer, group);
      std::vector<Answered> answers;
      answers.reserve(group.size());
      for (std::size_t i = 0; i < group.size(); ++i) {
        answers.push_back({std::move(group[i].done), group[i].era, std::move(statuses[i])});
      }
      Answer(std::move(answers));
      failpoint::Failpoint("server.commit.posted");
      CheckpointWhenGrown();
    }
  }
  database_->setBusyTimeout(0);  // a reader that is still there may keep the log
  Checkpoint(SQLITE_CHECKPOINT_TRUNCATE);
  database_.reset();
}

std::vector<GroupCommit::Waiting> GroupCommit::Take() {
  std::vector<Waiting> group;
  std::unique_lock<std::mutex> lock(mutex_);
  changed_.wait(lock, [this] { return !queue_.empty() || closing_; });
  for (std::size_t changes = 0; !queue_.empty() && changes < kGroupChanges;) {
    changes += SizeOf(queue_.front().batch);
    group.push_back(std::move(queue_.front()));
    queue_.pop_front();
  }
  return group;
}

std::vector<absl::Status> GroupCommit::CommitGroup(ChangeWriter& writer, std::span<const Waiting> group) {
  std::vector<absl::Status> statuses;
  while (statuses.size() < group.size() && group[statuses.size()].era <= failed_era_) {
    statuses.push_back(absl::UnavailableError("not committed: a batch before it failed"));
  }
  if (statuses.size() == group.size()) return statuses;
  // None of the others has a later era than the first of them.
  const std::int64_t era = group[statuses.size()].era;
  Outcome outcome;
  try {
    outcome = CommitTransaction(writer, group.subspan(statuses.size()));
  } catch (const SQLite::Exception& error) {
    // It could not begin, or not be committed: nothing of it is there.
    EndProcessOnFailedSync(error, database_->getFilename());
    RollBack();
    outcome = {0, ToStatus(error, database_->getFilename())};
  }
  statuses.resize(statuses.size() + outcome.committed);
  if (outcome.failure.ok()) return statuses;
  failed_era_ = era;
  if (absl::IsUnavailable(outcome.failure)) due_pages_ = 0;  // on a full disk a log that begins anew has room
  const std::string why(outcome.failure.message());
  spdlog::warn("{}: a batch was not committed: {}", database_->getFilename(), why);
  statuses.push_back(std::move(outcome.failure));
  // Each a status of its own: they go to another thread.
  while (statuses.size() < group.size()) {
    statuses.push_back(absl::UnavailableError(fmt::format("not committed: a batch before it failed ({})", why)));
  }
  return statuses;
}

GroupCommit::Outcome GroupCommit::CommitTransaction(ChangeWriter& writer, std::span<const Waiting> group) {
  Outcome outcome;
  database_->exec("BEGIN IMMEDIATE");
  failpoint::Failpoint("server.commit.begun");
  for (const Waiting& waiting : group) {
    outcome.failure = ApplyBatch(writer, waiting.batch);
    if (!outcome.failure.ok()) break;
    failpoint::Failpoint("server.commit.batch");
    ++outcome.committed;
  }
  if (sqlite3_get_autocommit(database_->getHandle()) != 0) {
    outcome.committed = 0;  // the disk's error rolled everything back
  } else {
    failpoint::Failpoint("server.commit.before");
    database_->exec("COMMIT");
    failpoint::Failpoint("server.commit.after");
  }
  return outcome;
}

absl::Status GroupCommit::ApplyBatch(ChangeWriter& writer, const study::Batch& batch) {
  absl::Status status;
  database_->exec("SAVEPOINT batch");
  try {
    for (const study::Change& change : batch) {
      if (status = writer.Apply(change); !status.ok()) break;
    }
  } catch (const SQLite::Exception& error) {
    EndProcessOnFailedSync(error, database_->getFilename());
    status = ToStatus(error, database_->getFilename());
    if (sqlite3_get_autocommit(database_->getHandle()) != 0) return status;
  }
  if (!status.ok()) database_->exec("ROLLBACK TO batch");
  database_->exec("RELEASE batch");
  return status;
}

void GroupCommit::RollBack() {
  if (sqlite3_get_autocommit(database_->getHandle()) == 0) {
    database_->tryExec("ROLLBACK");  // it can only fail where there is nothing left to roll back
  }
}

void GroupCommit::Answer(std::vector<Answered> answers) {
  strand_.Post([answers = std::move(answers), era = era_] {
    for (const Answered& answer : answers) {
      if (!answer.status.ok() && answer.era == *era) ++*era;
      answer.done(answer.status);
      failpoint::Failpoint("server.commit.told");
    }
  });
}

void GroupCommit::CheckpointWhenGrown() {
  if (log_pages_ < seen_pages_) due_pages_ = kCheckpointPages;  // the log began anew
  seen_pages_ = log_pages_;
  if (log_pages_ < due_pages_) return;
  if (log_pages_ < kManyPages) return Checkpoint(SQLITE_CHECKPOINT_PASSIVE);
  database_->setBusyTimeout(kRestartMilliseconds);
  Checkpoint(SQLITE_CHECKPOINT_RESTART);
  database_->setBusyTimeout(kBusyMilliseconds);
}

void GroupCommit::Checkpoint(int mode) try {
  int copied = 0;
  failpoint::Failpoint("server.wal.before");
  const int code = sqlite3_wal_checkpoint_v2(database_->getHandle(), nullptr, mode, nullptr, &copied);
  if (code != SQLITE_OK) throw SQLite::Exception(database_->getHandle(), code);
  failpoint::Failpoint("server.wal.after");
  due_pages_ = copied + kCheckpointPages;
} catch (const SQLite::Exception& error) {
  EndProcessOnFailedSync(error, database_->getFilename());
  due_pages_ = log_pages_ + kTryAgainPages;
  if (!IsBusy(error)) spdlog::warn("{}: no checkpoint: {}", database_->getFilename(), error.what());
}

}  // namespace hpsearch::store
