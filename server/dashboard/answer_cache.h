// Answers that many pages ask for at the same time: those that follow a study read the same again when they are
// told of a change. An answer is good until the feed sees the next change; where it sees none, nothing is kept.
//
// Threads: any. Borrows the feed. Bounded: 64 MiB in all, of which no answer is more than an eighth. Errors: the
// answer's own, which are not kept.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>

#include "absl/status/statusor.h"
#include "server/dashboard/change_feed.h"

namespace hpsearch::dashboard {

class AnswerCache {
 public:
  using Body = std::shared_ptr<const std::string>;

  explicit AnswerCache(ChangeFeed& feed) : feed_(feed) {}

  // The answer to that target: one that is still good, else what `make` returns now.
  absl::StatusOr<Body> Answer(const std::string& target, const std::function<absl::StatusOr<std::string>()>& make);

 private:
  Body Find(const std::string& target, std::int64_t generation);
  void Keep(const std::string& target, std::int64_t generation, Body body);

  ChangeFeed& feed_;
  std::mutex mutex_;  // guards what follows
  std::int64_t generation_ = -1;
  std::size_t bytes_ = 0;
  std::unordered_map<std::string, Body> bodies_;  // of that generation
};

}  // namespace hpsearch::dashboard
