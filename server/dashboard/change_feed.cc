#include "server/dashboard/change_feed.h"

#include <chrono>
#include <set>
#include <utility>

#include "absl/status/status.h"
#include "server/dashboard/routes.h"

namespace hpsearch::dashboard {
namespace {

constexpr std::chrono::milliseconds kPoll(250);

}  // namespace

ChangeFeed::ChangeFeed(std::string database) : database_(std::move(database)) {
  thread_ = std::thread([this] { Run(); });
}

ChangeFeed::~ChangeFeed() { Stop(); }

ChangeFeed::Id ChangeFeed::Subscribe(const std::string& study, Callback callback) {
  std::lock_guard lock(mutex_);
  const Id id = next_id_++;
  subscribers_[id] = {study, std::move(callback), {}};
  subscribed_ = true;
  wake_.notify_one();
  return id;
}

void ChangeFeed::Unsubscribe(Id id) {
  std::lock_guard lock(mutex_);
  subscribers_.erase(id);
}

std::optional<std::int64_t> ChangeFeed::Generation() {
  std::lock_guard lock(mutex_);
  return watching_ ? std::optional(generation_) : std::nullopt;
}

void ChangeFeed::SetWatching(bool watching) {
  std::lock_guard lock(mutex_);
  watching_ = watching;
}

void ChangeFeed::Stop() {
  {
    std::lock_guard lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
  }
  if (thread_.joinable()) thread_.join();
}

void ChangeFeed::Run() {
  std::int64_t seen = -1;
  for (;;) {
    {
      std::unique_lock lock(mutex_);
      wake_.wait_for(lock, kPoll, [this] { return stopping_ || subscribed_; });
      if (stopping_) return;
      subscribed_ = false;
      if (subscribers_.empty()) watching_ = false;
      if (subscribers_.empty()) continue;
    }
    if (Open()) seen = -1;  // another connection counts anew
    // A file that cannot be read for the moment is asked again at the next poll.
    if (reader_ == nullptr) {
      SetWatching(false);
      continue;
    }
    const auto version = reader_->DataVersion();
    if (!version.ok()) {
      reader_ = nullptr;  // busy, or another file has the name by now
      SetWatching(false);
      continue;
    }
    // What could not be read for the moment is asked for again, since no commit may come to tell of it.
    if (Publish(*version != seen)) seen = *version;
  }
}

bool ChangeFeed::Open() {
  if (reader_ != nullptr) return false;
  auto reader = store::StudyReader::Open(database_);
  if (reader.ok()) reader_ = *std::move(reader);
  return true;
}

bool ChangeFeed::Publish(bool changed) {
  std::set<std::string> wanted;
  {
    std::lock_guard lock(mutex_);
    if (changed) ++generation_;
    watching_ = true;
    for (const auto& [id, subscriber] : subscribers_) {
      if (changed || subscriber.last.empty()) wanted.insert(subscriber.study);
    }
  }
  bool all_read = true;
  for (const std::string& study : wanted) {
    auto row = reader_->Study(study);
    all_read = all_read && (row.ok() || absl::IsNotFound(row.status()));
    if (!row.ok()) continue;
    const std::string json = StudyJson(*row, false);
    row->seconds = 0;
    const std::string state = StudyJson(*row, false);
    // The callbacks are taken out of the lock's reach: they post to a connection, and must not find us holding it.
    std::map<Id, Callback> due;
    {
      std::lock_guard lock(mutex_);
      for (auto& [id, subscriber] : subscribers_) {
        if (subscriber.study != study || subscriber.last == state) continue;
        subscriber.last = state;
        due[id] = subscriber.callback;
      }
      if (!due.empty()) ++generation_;  // the row was read after the version
    }
    for (const auto& [id, callback] : due) callback(json);
  }
  return all_read;
}

}  // namespace hpsearch::dashboard
