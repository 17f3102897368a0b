// Whose turn it is among the studies that want a worker's slot: those of the highest priority, and of them the one
// that has had the least for its weight. What a study has had is slot-seconds, those of the leases that it has now
// among them: so two studies of one weight have as many slots each, whether their trials take a second or an hour,
// and where there are fewer slots than studies they take turns.
//
// Beside the time that it is held, a slot counts as what a lease takes on the average: so a hundred slots that
// become free at once are shared out too. What a study could not use (it is new, it was paused, no worker suited)
// it makes up for by no more than what its rivals have begun: it does not keep them waiting for the past.
//
// Memory alone: after a restart all begin anew. Threads: the coordinator's strand. Times are the monotonic
// clock's. The same calls make the same choices. No errors, no I/O.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <vector>

#include "server/study/records.h"

namespace hpsearch::study {

// A study's part in it.
struct Share {
  double weight = 1;
  std::int64_t priority = 0;
  std::int64_t slots = 0;  // leases now
  double had = 0;          // slot-seconds by weight, up to `counted`
  Micros counted = 0;
  double longest = 0;  // seconds that a lease was held
};

class FairShares {
 public:
  // A lease of the study begins.
  void Begin(Share& share, Micros now);
  // A lease ends that was held for so long. Requires: there is one.
  void End(Share& share, Micros held, Micros now);

  // The place of the one that is to have the next slot; of equal ones the first. `suits`: whether the one at a
  // place can take it; asked only where that makes a difference. nullopt: none does. What it could not use is
  // forgotten; Begin is to follow.
  std::optional<std::size_t> Next(const std::vector<Share*>& rivals, const std::function<bool(std::size_t)>& suits,
                                  Micros now) const;

 private:
  double typical_ = 0;  // seconds that a lease is held, the latest counting most; 0: none has ended
};

}  // namespace hpsearch::study
