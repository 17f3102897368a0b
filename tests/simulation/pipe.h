// A connection as gRPC gives it: two streams that keep their order and lose nothing while it lives. What can
// happen to it: delay, a stall (a partition: nothing comes through, and neither side knows), and its end, which
// each side hears of in its own time, while what is under way is lost or still arrives.
//
// Threads: the world's. Ownership: shared by its two ends; what waits in it is held by it.
#pragma once

#include <deque>
#include <functional>
#include <memory>

#include "tests/simulation/nature.h"

namespace hpsearch::simulation {

// How long a message takes: mostly about so long, now and then much longer.
struct Delays {
  double usual = 1'000;  // microseconds
  double tail = 0;       // how likely a message takes `slow`
  double slow = 0;
};

// One direction.
class Pipe : public std::enable_shared_from_this<Pipe> {
 public:
  Pipe(Nature& nature, const Delays& delays) : nature_(nature), delays_(delays) {}

  // `arrive` is called once the message is there, behind all that were sent before. Nothing, after Cut.
  void Send(std::function<void()> arrive);
  void Stall(Micros until);
  // Nothing more goes in; what is under way is lost, or not.
  void Cut(bool lose);

 private:
  struct Message {
    Micros due = 0;
    std::function<void()> arrive;
  };
  void Await();

  Nature& nature_;
  const Delays& delays_;
  std::deque<Message> under_way_;
  Micros stalled_until_ = 0;
  bool cut_ = false;
  bool awaited_ = false;
};

struct Connection {
  Connection(Nature& nature, const Delays& delays)
      : up(std::make_shared<Pipe>(nature, delays)), down(std::make_shared<Pipe>(nature, delays)) {}

  void Stall(Micros until) {
    up->Stall(until);
    down->Stall(until);
  }
  // Nothing is sent any more, in neither direction.
  void Break(Dice& dice) {
    up->Cut(dice.Chance(0.6));
    down->Cut(dice.Chance(0.6));
  }

  const std::shared_ptr<Pipe> up, down;  // to the server, to the worker
};

}  // namespace hpsearch::simulation
