#include "tests/simulation/nature.h"

#include <algorithm>
#include <utility>

namespace hpsearch::simulation {

Nature::Nature(std::uint64_t seed, std::function<void(const std::string&)> trace)
    : dice(seed), trace_(std::move(trace)) {}

void Nature::After(Micros delay, Event event) {
  due_.push_back({now_ + std::max<Micros>(0, delay), ++order_, std::move(event)});
  std::ranges::push_heap(due_, Later);
}

bool Nature::Step() {
  if (due_.empty()) return false;
  std::ranges::pop_heap(due_, Later);
  const Due next = std::move(due_.back());
  due_.pop_back();
  now_ = next.when;
  ++steps_;
  Mix(static_cast<std::uint64_t>(now_));
  next.event();
  return true;
}

void Nature::Write(const std::string& line) {
  trace_(fmt::format("{:>7} {:12.6f}  {}", steps_, static_cast<double>(now_) / 1e6, line));
}

}  // namespace hpsearch::simulation
