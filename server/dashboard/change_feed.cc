#include "server/dashboard/change_feed.h"

#include <chrono>
#include <set>
#include <utility>

#include "server/dashboard/routes.h"

namespace hpsearch::dashboard {
namespace {

constexpr std::chrono::milliseconds kPoll(250);

}  // namespace

ChangeFeed::ChangeFeed(std::unique_ptr<store::StudyReader> reader) : reader_(std::move(reader)) {
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
      if (subscribers_.empty()) continue;
      subscribed_ = false;
    }
    // A reader that is refused for the moment (a busy file) is asked again at the next poll.
    auto version = reader_->DataVersion();
    if (!version.ok()) continue;
    Publish(*version != seen);
    seen = *version;
  }
}

void ChangeFeed::Publish(bool changed) {
  std::set<std::string> wanted;
  {
    std::lock_guard lock(mutex_);
    for (const auto& [id, subscriber] : subscribers_) {
      if (changed || subscriber.last.empty()) wanted.insert(subscriber.study);
    }
  }
  for (const std::string& study : wanted) {
    auto row = reader_->Study(study);
    if (!row.ok()) continue;
    const std::string json = StudyJson(*row, false);
    // The callbacks are taken out of the lock's reach: they post to a connection, and must not find us holding it.
    std::map<Id, Callback> due;
    {
      std::lock_guard lock(mutex_);
      for (auto& [id, subscriber] : subscribers_) {
        if (subscriber.study != study || subscriber.last == json) continue;
        subscriber.last = json;
        due[id] = subscriber.callback;
      }
    }
    for (const auto& [id, callback] : due) callback(json);
  }
}

}  // namespace hpsearch::dashboard
