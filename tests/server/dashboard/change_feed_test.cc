// What pages are told, and when, over a real file.
#include "server/dashboard/change_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "tests/server/dashboard/studies_file.h"

namespace hpsearch::dashboard {
namespace {

using ::testing::HasSubstr;

// What one page was sent.
class Page {
 public:
  ChangeFeed::Callback callback() {
    return [this](const std::string& json) {
      const std::lock_guard lock(mutex_);
      sent_.push_back(json);
      came_.notify_all();
    };
  }
  // Waits for the n-th, from 1.
  std::string Await(std::size_t n) {
    std::unique_lock lock(mutex_);
    const bool came = came_.wait_for(lock, std::chrono::seconds(10), [&] { return sent_.size() >= n; });
    return came ? sent_[n - 1] : "nothing came";
  }
  std::size_t sent() {
    const std::lock_guard lock(mutex_);
    return sent_.size();
  }

 private:
  std::mutex mutex_;
  std::condition_variable came_;
  std::vector<std::string> sent_;
};

TEST(ChangeFeed, SendsAStudyAtOnceAndAfterItsChanges) {
  StudiesFile file;
  file.Put(1, "a");
  Page page;
  ChangeFeed feed(file.path());
  feed.Subscribe("a", page.callback());
  EXPECT_THAT(page.Await(1), HasSubstr(R"("state":"RUNNING")"));
  file.Put(1, "a", study::StudyState::kPaused);
  EXPECT_THAT(page.Await(2), HasSubstr(R"("state":"PAUSED")"));
}

// A running study's time goes on; that alone is nothing to send.
TEST(ChangeFeed, SendsNothingTwice) {
  StudiesFile file;
  file.Put(1, "a");
  Page a, b, c;
  ChangeFeed feed(file.path());
  feed.Subscribe("a", a.callback());
  a.Await(1);
  file.Put(2, "b");
  feed.Subscribe("b", b.callback());
  b.Await(1);  // the commit was seen by now, and "a" comes before "b"
  file.Put(3, "c");
  feed.Subscribe("c", c.callback());
  c.Await(1);
  EXPECT_EQ(a.sent(), 1);
  EXPECT_EQ(b.sent(), 1);
}

TEST(ChangeFeed, CallsNobodyWhoLeftNorAfterStop) {
  StudiesFile file;
  file.Put(1, "a");
  Page gone, page;
  ChangeFeed feed(file.path());
  const ChangeFeed::Id id = feed.Subscribe("a", gone.callback());
  gone.Await(1);
  feed.Unsubscribe(id);
  feed.Subscribe("a", page.callback());
  page.Await(1);
  file.Put(1, "a", study::StudyState::kPaused);
  page.Await(2);
  EXPECT_EQ(gone.sent(), 1);
  feed.Stop();
  file.Put(1, "a");
  feed.Stop();
  EXPECT_EQ(page.sent(), 2);
}

// "a" is read before "b": between the two the file is gone, and is there again before the feed looks whether
// anything was committed, which nothing is.
TEST(ChangeFeed, MakesUpForAReadThatFailedForAMoment) {
  StudiesFile file;
  file.Put(1, "a");
  file.Put(2, "b");
  Page a, b;
  std::atomic<bool> fails = false;
  ChangeFeed feed(file.path());
  feed.Subscribe("a", [&, tell = a.callback()](const std::string& json) {
    if (fails) file.MoveAway();
    tell(json);
  });
  feed.Subscribe("b", b.callback());
  a.Await(1);
  b.Await(1);
  fails = true;
  study::Batch both;
  for (const auto& [id, name] : std::map<std::int64_t, std::string>{{1, "a"}, {2, "b"}}) {
    study::StudyRecord study = study::SampleStudy(id, name);
    study.state = study::StudyState::kPaused;
    both.emplace_back(study::PutStudy{study});
  }
  file.Commit(std::move(both));
  a.Await(2);
  std::this_thread::sleep_for(std::chrono::milliseconds(50));  // for "b" to be read, well within a poll
  fails = false;
  file.MoveBack();
  EXPECT_THAT(b.Await(2), HasSubstr(R"("state":"PAUSED")"));
}

TEST(ChangeFeed, FollowsTheNameToAnotherFile) {
  StudiesFile file;
  file.Put(1, "a");
  Page page;
  ChangeFeed feed(file.path());
  feed.Subscribe("a", page.callback());
  page.Await(1);
  file.ReplaceBy("a");
  EXPECT_THAT(page.Await(2), HasSubstr(R"("state":"PAUSED")"));
}

}  // namespace
}  // namespace hpsearch::dashboard
