// The machine's own clocks.
#pragma once

#include <chrono>

#include "server/study/strand.h"

namespace hpsearch::rpc {

class SystemClock final : public study::Clock {
 public:
  study::Micros Wall() const override { return Since<std::chrono::system_clock>(); }
  study::Micros Monotonic() const override { return Since<std::chrono::steady_clock>(); }

 private:
  template <class Source>
  static study::Micros Since() {
    return std::chrono::duration_cast<std::chrono::microseconds>(Source::now().time_since_epoch()).count();
  }
};

}  // namespace hpsearch::rpc
