// Where what takes long is computed, off the strand: a strategy's next points. The composition root implements it
// over a thread, tests run it by hand.
#pragma once

#include <functional>

namespace hpsearch::study {

class Background {
 public:
  virtual ~Background() = default;
  // On the strand. Calls `work` on another thread, then `done` on the strand, never from within this. One work
  // runs at a time, in the order in which they came. What has not begun when the owner stops may never be.
  virtual void Compute(std::function<void()> work, std::function<void()> done) = 0;
};

}  // namespace hpsearch::study
