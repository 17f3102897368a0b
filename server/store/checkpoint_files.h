// Checkpoints of trials that are not done, as files in one folder beside the database: what workers have put there
// for the trials' next workers. They save time and decide nothing, so that any of them may go: at most so many
// files and bytes are kept, the oldest go first, and where the disk has little room none is taken.
//
// A file, STUDY.TRIAL, is a head with its own checksum and the checkpoint's bytes. It is written aside as .new,
// synced and renamed, so that a crash leaves the one before as a whole.
//
// Threads: any. All but Find, Names and empty wait for the disk. Ownership: one object a folder. Errors:
// NOT_FOUND, INVALID_ARGUMENT (a study whose name would be another path), RESOURCE_EXHAUSTED (it does not fit into
// the bounds beside what is being written), UNAVAILABLE (the disk is full or refuses), DATA_LOSS (not as it was
// written), FAILED_PRECONDITION (a later attempt's is there).
#pragma once

#include <atomic>
#include <compare>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hpsearch::store {

struct CheckpointName {
  std::string study;
  std::int64_t trial = 0;
  auto operator<=>(const CheckpointName&) const = default;  // NOLINT(modernize-use-nullptr): a false alarm on <=>
};

struct KeptCheckpoint {
  CheckpointName name;
  std::int64_t attempt = 0;  // whose worker wrote it
  std::string key;           // of what is trained: 32 characters
  std::int64_t epochs = 0, steps = 0;
  std::int64_t bytes = 0;
  std::uint64_t checksum = 0;  // of all of them
};

class CheckpointFiles {
 public:
  struct Bounds {
    std::int64_t files = 4096;
    std::int64_t bytes = std::int64_t{16} << 30;        // of all
    std::int64_t bytes_each = std::int64_t{1} << 30;    // of one
    std::int64_t bytes_free = std::int64_t{256} << 20;  // stay free on the disk, for the database
  };

  // Takes stock of the folder, where it is there: what is not whole is removed, what is no checkpoint's stays.
  // What goes wrong is said in the log.
  CheckpointFiles(std::string folder, const Bounds& bounds);

  // One that is being written; removed unless it is kept. One thread at a time. Not beyond its files' life.
  class Incoming {
   public:
    ~Incoming();
    absl::Status Append(std::string_view bytes);

   private:
    friend class CheckpointFiles;
    Incoming(CheckpointFiles& files, KeptCheckpoint what) : files_(files), what_(std::move(what)) {}
    CheckpointFiles& files_;
    const KeptCheckpoint what_;
    std::string path_;
    int file_ = -1;
    std::int64_t written_ = 0;
  };
  // Room for it is there from here on; older ones have gone where it was short.
  absl::StatusOr<std::unique_ptr<Incoming>> Begin(const KeptCheckpoint& what);
  // In place of the trial's, unless that is of a later attempt, or as far by the same one. Requires all bytes.
  absl::Status Keep(std::unique_ptr<Incoming> incoming);

  // A kept one, open: it can be read to its end whatever becomes of its name.
  class Outgoing {
   public:
    Outgoing(KeptCheckpoint what, int file) : what_(std::move(what)), file_(file) {}
    ~Outgoing();
    const KeptCheckpoint& what() const { return what_; }
    absl::StatusOr<std::string> Read(std::int64_t offset, std::size_t size) const;

   private:
    const KeptCheckpoint what_;
    const int file_;
  };
  absl::StatusOr<std::unique_ptr<Outgoing>> Open(const CheckpointName& name);
  void Remove(const CheckpointName& name);

  std::optional<KeptCheckpoint> Find(const CheckpointName& name) const;
  std::vector<CheckpointName> Names() const;
  bool empty() const { return count_.load(std::memory_order_relaxed) == 0; }
  std::int64_t most_bytes() const { return bounds_.bytes_each; }

 private:
  struct Entry {
    KeptCheckpoint what;
    std::uint64_t order = 0;  // grows
  };
  std::string PathOf(const CheckpointName& name) const;
  void TakeStock();
  void Add(const KeptCheckpoint& what);
  // With disk_: the oldest go until there is room for one of that name and size. RESOURCE_EXHAUSTED: there is
  // none.
  absl::Status MakeRoom(const KeptCheckpoint& what);
  absl::Status CheckDisk(std::int64_t bytes) const;
  absl::Status OpenAside(Incoming& incoming) const;
  void Erase(const CheckpointName& name);  // with disk_

  const std::string folder_;
  const Bounds bounds_;
  std::mutex disk_;  // held over what changes names on the disk, so that these and what follows agree

  mutable std::mutex mutex_;  // guards all below; a leaf
  std::map<CheckpointName, Entry> kept_;
  std::int64_t bytes_ = 0;  // of those
  std::int64_t writing_ = 0, writing_bytes_ = 0;
  std::uint64_t last_ = 0;
  std::atomic<std::size_t> count_ = 0;
};

}  // namespace hpsearch::store
