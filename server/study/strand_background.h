// A Background that computes on the strand itself, as a task of its own: where nobody waits for the strand, as in
// simulations and tests. Borrows the strand, and has its threads; no errors.
#pragma once

#include <functional>
#include <utility>

#include "server/study/background.h"
#include "server/study/strand.h"

namespace hpsearch::study {

class StrandBackground : public Background {
 public:
  explicit StrandBackground(Strand& strand) : strand_(strand) {}

  void Compute(std::function<void()> work, std::function<void()> done) override {
    strand_.Post([work = std::move(work), done = std::move(done)] {
      work();
      done();
    });
  }

 private:
  Strand& strand_;
};

}  // namespace hpsearch::study
