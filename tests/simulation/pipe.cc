#include "tests/simulation/pipe.h"

#include <algorithm>
#include <utility>

namespace hpsearch::simulation {

void Pipe::Send(std::function<void()> arrive) {
  if (cut_) return;
  const bool slow = delays_.tail > 0 && nature_.dice.Chance(delays_.tail);
  const Micros due = nature_.now() + nature_.dice.Wait(slow ? delays_.slow : delays_.usual);
  under_way_.push_back({due, std::move(arrive)});
  Await();
}

void Pipe::Stall(Micros until) { stalled_until_ = std::max(stalled_until_, until); }

void Pipe::Cut(bool lose) {
  cut_ = true;
  if (lose) under_way_.clear();
}

// One event for the message in front: so that they keep their order, whatever holds the first one up.
void Pipe::Await() {
  if (awaited_ || under_way_.empty()) return;
  awaited_ = true;
  const Micros due = std::max(under_way_.front().due, stalled_until_);
  nature_.After(due - nature_.now(), [self = shared_from_this()] {
    self->awaited_ = false;
    if (self->under_way_.empty()) return;
    if (self->stalled_until_ <= self->nature_.now()) {
      const std::function<void()> arrive = std::move(self->under_way_.front().arrive);
      self->under_way_.pop_front();
      arrive();
    }
    self->Await();
  });
}

}  // namespace hpsearch::simulation
