// Tells the pages that follow a study when it has changed. One thread polls the database's version through one
// reader, however many pages there are, and reads a study only where a page follows it and something was
// committed. A database that was replaced under its name is opened again.
//
// Threads: Subscribe and Unsubscribe from any; callbacks run on the feed's thread, one at a time, and return at
// once; one that is under way is not waited for by Unsubscribe. Stop may come twice; no callback runs after it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

#include "server/store/study_reader.h"

namespace hpsearch::dashboard {

class ChangeFeed {
 public:
  // Gets the study's JSON: at once after Subscribe, then after each change.
  using Callback = std::function<void(const std::string& study_json)>;
  using Id = std::int64_t;

  explicit ChangeFeed(std::string database);
  ~ChangeFeed();  // stops

  Id Subscribe(const std::string& study, Callback callback);
  void Unsubscribe(Id id);
  // Grows with every change that is seen, before anyone is told of it; nullopt: nobody follows a study, or the
  // database cannot be read, so that changes go unseen. What is read between two equal answers is as new as what
  // callbacks were told in between.
  std::optional<std::int64_t> Generation();
  void Stop();

 private:
  struct Subscriber {
    std::string study;
    Callback callback;
    std::string last;  // the study as it was sent last, but for its running time; not sent twice
  };
  void Run();
  // Where there is no reader: opens one, if it can. Whether there was none.
  bool Open();
  // The studies as they stand, to whoever has not seen them so. False: one that is there was not read.
  bool Publish(bool changed);
  void SetWatching(bool watching);

  const std::string database_;
  std::unique_ptr<store::StudyReader> reader_;  // of the feed's thread; null: to be opened
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  bool subscribed_ = false;  // someone new waits for a first answer
  bool watching_ = false;    // changes are seen
  std::int64_t generation_ = 0;
  Id next_id_ = 1;
  std::map<Id, Subscriber> subscribers_;
  std::thread thread_;
};

}  // namespace hpsearch::dashboard
