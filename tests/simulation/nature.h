// What every part of a simulated world lives in: time, which passes from event to event, chance, and the trace.
// Time is the monotonic clock's; the wall clock is set forwards and back beside it.
//
// Threads: one. Ownership: a world has one, which outlives its parts; an event that speaks of a part that may be
// gone by then holds it weakly.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/study/strand.h"
#include "tests/simulation/dice.h"

namespace hpsearch::simulation {

class Nature : public study::Clock {
 public:
  using Event = std::function<void()>;

  // `trace` takes a line for whatever happens; empty: nobody wants to know.
  explicit Nature(std::uint64_t seed, std::function<void(const std::string&)> trace = {});

  Micros now() const { return now_; }
  // Events of one instant happen in the order in which they were asked for.
  void After(Micros delay, Event event);
  // The next event happens; false: there is none.
  bool Step();
  std::int64_t steps() const { return steps_; }

  Micros Wall() const override { return kStart + now_ + wall_offset_; }
  Micros Monotonic() const override { return now_; }
  void SetWall(Micros by) { wall_offset_ += by; }

  // Of all that has happened: the same seed gives the same.
  std::uint64_t digest() const { return digest_; }
  void Mix(std::uint64_t value) { digest_ = (digest_ ^ value) * 0x100000001b3U; }

  template <class... Args>
  void Log(fmt::format_string<Args...> line, Args&&... args) {
    if (trace_) Write(fmt::format(line, std::forward<Args>(args)...));
  }

  Dice dice;

 private:
  static constexpr Micros kStart = 1'700'000'000'000'000;
  struct Due {
    Micros when = 0;
    std::int64_t order = 0;
    Event event;
  };
  static bool Later(const Due& a, const Due& b) { return a.when != b.when ? a.when > b.when : a.order > b.order; }
  void Write(const std::string& line);

  std::function<void(const std::string&)> trace_;
  Micros now_ = 0, wall_offset_ = 0;
  std::int64_t order_ = 0, steps_ = 0;
  std::uint64_t digest_ = 0xcbf29ce484222325U;
  std::vector<Due> due_;  // a heap, the earliest in front
};

}  // namespace hpsearch::simulation
