#include "server/study/fair_shares.h"

#include <algorithm>
#include <limits>

namespace hpsearch::study {
namespace {

constexpr double kUnknownSeconds = 1;  // of a lease, while none has ended: any will do
constexpr double kLatest = 1.0 / 16;   // what a lease that has ended counts in the average

double Seconds(Micros time) { return static_cast<double>(time) / 1e6; }

void CountUpTo(Share& share, Micros now) {
  share.had += static_cast<double>(share.slots) * Seconds(now - share.counted) / share.weight;
  share.counted = now;
}

}  // namespace

void FairShares::Begin(Share& share, Micros now) {
  CountUpTo(share, now);
  ++share.slots;
}

void FairShares::End(Share& share, Micros held, Micros now) {
  CountUpTo(share, now);
  --share.slots;
  const double seconds = Seconds(held);
  share.longest = std::max(share.longest, seconds);
  typical_ = typical_ == 0 ? seconds : typical_ + (seconds - typical_) * kLatest;
}

std::optional<std::size_t> FairShares::Next(const std::vector<Share*>& rivals,
                                            const std::function<bool(std::size_t)>& suits, Micros now) const {
  const double slot = typical_ == 0 ? kUnknownSeconds : typical_;
  std::optional<std::size_t> next;
  double least = 0;
  double ahead = -std::numeric_limits<double>::infinity();  // of what rivals have begun
  for (std::size_t i = 0; i < rivals.size(); ++i) {
    Share& share = *rivals[i];
    if (next && share.priority < rivals[*next]->priority) continue;
    CountUpTo(share, now);
    const auto slots = static_cast<double>(share.slots);
    const double with_slots = share.had + slots * slot / share.weight;
    const double without_begun = share.had - (slots + 1) * share.longest / share.weight;
    const bool first = !next || share.priority > rivals[*next]->priority;
    if (!first && with_slots >= least && without_begun <= ahead) continue;
    if (!suits(i)) continue;
    if (first || with_slots < least) {
      next = i;
      least = with_slots;
    }
    ahead = first ? without_begun : std::max(ahead, without_begun);
  }
  if (next) {
    Share& share = *rivals[*next];
    share.had = std::max(share.had, ahead - share.longest / share.weight);
  }
  return next;
}

}  // namespace hpsearch::study
