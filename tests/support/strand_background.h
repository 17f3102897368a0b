// A study::Background that computes on the strand itself, as a task of its own. Threads: the test's own.
#pragma once

#include <functional>
#include <utility>

#include "server/study/background.h"
#include "server/study/strand.h"

namespace hpsearch::testing {

class StrandBackground : public study::Background {
 public:
  explicit StrandBackground(study::Strand& strand) : strand_(strand) {}

  void Compute(std::function<void()> work, std::function<void()> done) override {
    strand_.Post([work = std::move(work), done = std::move(done)] {
      work();
      done();
    });
  }

 private:
  study::Strand& strand_;
};

}  // namespace hpsearch::testing
