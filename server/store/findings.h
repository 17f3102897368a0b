// What is found to be wrong with a database, in words: the first so many, and how many more there are, so that a
// file that is full of faults takes no more memory than a sound one. Plain values; one thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace hpsearch::store {

struct Finding {
  std::string study;  // empty: of the file
  std::optional<std::int64_t> trial, epoch;
  std::string what;  // one line
};

class Findings {
 public:
  explicit Findings(std::size_t most) : most_(most) {}

  void Add(Finding finding) {
    if (list_.size() < most_) {
      list_.push_back(std::move(finding));
    } else {
      ++more_;
    }
  }
  const std::vector<Finding>& list() const { return list_; }
  std::int64_t more() const { return more_; }

 private:
  std::size_t most_;
  std::vector<Finding> list_;
  std::int64_t more_ = 0;
};

}  // namespace hpsearch::store
