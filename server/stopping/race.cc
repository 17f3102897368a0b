#include "server/stopping/race.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <utility>

namespace hpsearch::stopping {

std::vector<std::int64_t> RungsUpTo(std::int64_t min_epochs, std::int64_t factor, std::int64_t epochs) {
  std::vector<std::int64_t> rungs;
  for (std::int64_t rung = min_epochs; rung <= epochs / factor; rung *= factor) rungs.push_back(rung);
  return rungs;
}

Race::Race(RacePlan plan, bool maximize, std::int64_t trials)
    : plan_(std::move(plan)), maximize_(maximize), trials_(trials) {
  for (const RacePlan::Bracket& bracket : plan_.brackets) block_ += bracket.trials;
}

Race::Place Race::PlaceOf(std::int64_t index) const {
  if (block_ == 0) return {0, plan_.brackets.front().first_rung, trials_};
  const std::int64_t block = index / block_;
  std::int64_t begin = block * block_;
  for (std::size_t i = 0;; ++i) {
    const RacePlan::Bracket& bracket = plan_.brackets[i];
    if (index < begin + bracket.trials) {
      const auto number = block * static_cast<std::int64_t>(plan_.brackets.size()) + static_cast<std::int64_t>(i);
      return {number, bracket.first_rung, std::min(bracket.trials, trials_ - begin)};
    }
    begin += bracket.trials;
  }
}

std::vector<Race::Rung>& Race::RungsOf(const Place& place) {
  std::vector<Rung>& rungs = brackets_[place.bracket];
  if (rungs.empty()) {
    rungs.resize(plan_.rungs.size());
    if (place.first_rung < top()) rungs[static_cast<std::size_t>(place.first_rung)].expected = place.trials;
  }
  return rungs;
}

int Race::FirstRung(std::int64_t index) const { return PlaceOf(index).first_rung; }

int Race::RungAt(std::int64_t epochs) const {
  return static_cast<int>(std::ranges::lower_bound(plan_.rungs, epochs) - plan_.rungs.begin());
}

void Race::Insert(Rung& rung, std::int64_t index, std::optional<double> value, bool open) const {
  const double worst = std::numeric_limits<double>::infinity();
  rung.rest.insert({value ? (maximize_ ? -*value : *value) : worst, index});
  if (open) rung.waiting.insert(index);
}

std::int64_t Race::Share(const Rung& rung) const {
  const std::int64_t arrived = rung.arrived();
  if (!plan_.waits) return arrived / plan_.factor;
  if (arrived < rung.expected || arrived == 0) return 0;
  return std::max<std::int64_t>(1, arrived / plan_.factor);
}

std::vector<std::int64_t> Race::Rebalance(Rung& rung, std::int64_t share) {
  std::vector<std::int64_t> came;
  const auto raise = [&] {
    came.push_back(rung.rest.begin()->index);
    rung.best.insert(rung.rest.extract(rung.rest.begin()));
  };
  while (static_cast<std::int64_t>(rung.best.size()) < share) raise();
  while (!rung.best.empty() && !rung.rest.empty() && *rung.rest.begin() < *rung.best.rbegin()) {
    raise();
    rung.rest.insert(rung.best.extract(std::prev(rung.best.end())));
  }
  return came;
}

Race::Verdict Race::Decide(std::vector<Rung>& rungs, int at) {
  Verdict verdict;
  Rung& rung = rungs[static_cast<std::size_t>(at)];
  const std::int64_t share = Share(rung);
  if (plan_.waits && (share == 0 || std::exchange(rung.decided, true))) return verdict;
  for (const std::int64_t index : Rebalance(rung, share)) {
    if (rung.waiting.erase(index) > 0) verdict.go_on.push_back(index);
  }
  if (!plan_.waits) return verdict;
  verdict.stop.assign(rung.waiting.begin(), rung.waiting.end());
  if (at + 1 < top()) {
    rungs[static_cast<std::size_t>(at) + 1].expected = static_cast<std::int64_t>(verdict.go_on.size());
  }
  return verdict;
}

Race::Verdict Race::Arrive(std::int64_t index, int rung, std::optional<double> value, bool open) {
  if (rung >= top()) return {};
  std::vector<Rung>& rungs = RungsOf(PlaceOf(index));
  Insert(rungs[static_cast<std::size_t>(rung)], index, value, open);
  return Decide(rungs, rung);
}

Race::Verdict Race::Withdraw(std::int64_t index) {
  const Place place = PlaceOf(index);
  if (place.first_rung >= top()) return {};
  std::vector<Rung>& rungs = RungsOf(place);
  --rungs[static_cast<std::size_t>(place.first_rung)].expected;
  return Decide(rungs, place.first_rung);
}

void Race::Restore(std::int64_t index, int rung, std::optional<double> value, bool open, bool went_on) {
  if (rung >= top()) return;
  std::vector<Rung>& rungs = RungsOf(PlaceOf(index));
  Insert(rungs[static_cast<std::size_t>(rung)], index, value, open && !went_on);
  if (went_on && plan_.waits && rung + 1 < top()) ++rungs[static_cast<std::size_t>(rung) + 1].expected;
}

void Race::RestoreWithdrawn(std::int64_t index) {
  const Place place = PlaceOf(index);
  if (place.first_rung < top()) --RungsOf(place)[static_cast<std::size_t>(place.first_rung)].expected;
}

void Race::Restored() {
  for (auto& [number, rungs] : brackets_) {
    for (Rung& rung : rungs) {
      const std::int64_t share = Share(rung);
      Rebalance(rung, share);
      rung.decided = plan_.waits && share > 0;
    }
  }
}

std::string Race::Standing(std::int64_t index, int rung) const {
  const auto bracket = brackets_.find(PlaceOf(index).bracket);
  if (rung >= top() || bracket == brackets_.end()) return "it was on its way";
  const Rung& at = bracket->second[static_cast<std::size_t>(rung)];
  const std::string where = fmt::format("at {} epochs", EpochsAt(rung));
  if (plan_.waits && !at.decided) {
    return fmt::format("{} of {} had come to be compared {}", at.arrived(), at.expected, where);
  }
  const bool won = !at.best.empty() && !at.waiting.contains(index);
  if (won)
    return fmt::format("among the best {} of {} {}, and nothing went on", at.best.size(), at.arrived(), where);
  if (at.best.empty()) return fmt::format("{} of {} wanted to go on {}", at.arrived(), plan_.factor, where);
  return fmt::format("not among the best {} of {} {}", at.best.size(), at.arrived(), where);
}

}  // namespace hpsearch::stopping
