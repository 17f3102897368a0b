// Where the coordinator lives: tasks run one after the other, never two at once. The composition root implements
// it over Asio; tests run tasks by hand.
#pragma once

#include <functional>

#include "server/study/records.h"

namespace hpsearch::study {

class Strand {
 public:
  virtual ~Strand() = default;
  // Any thread. Tasks run in the order they were posted in, on no thread's stack that holds a lock.
  virtual void Post(std::function<void()> task) = 0;
};

class Clock {
 public:
  virtual ~Clock() = default;
  virtual Micros Wall() const = 0;       // UTC, for records
  virtual Micros Monotonic() const = 0;  // for leases
};

}  // namespace hpsearch::study
