// Workers that train nothing: each has one slot and a connection of its own, takes a lease, reports all of its
// epochs at once, a hundred to a message, tells that it is done, and is ready again. All of a server's speed is in
// how soon the lease and the acknowledgements come. They may also let a trial last for a while.
//
// Threads: gRPC's, and one that ends trials that last; the methods are one thread's. Ownership: the sessions end
// with this. Errors: the first that ended a session before its time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace hpsearch::bench {

class Clockwork;

// The data set that they offer: two features, two classes.
inline constexpr char kIdleSet[] = "idle";

struct TrialTimes {
  std::vector<float> lease_ms;  // from the word that a slot is free to the lease, where one was there to be had
  std::vector<float> ack_ms;    // from a trial's last epochs to the word that they are stored
  double seconds = 0;           // from Begin to the last trial's acknowledgement
};

class IdleTrainers {
 public:
  // Connects them; returns when all are welcome, or one is not. `trial` is how long one lasts.
  static absl::StatusOr<std::unique_ptr<IdleTrainers>> Connect(const std::string& address, std::int64_t workers,
                                                               std::chrono::milliseconds trial);
  ~IdleTrainers();

  // The times begin: what was sent before was not asked for a study.
  void Begin();
  // Until so many trials have ended and are stored.
  absl::StatusOr<TrialTimes> WaitFor(std::int64_t trials);
  // Nothing but a beat every ten seconds from each, for so long.
  void Idle(std::chrono::seconds duration);

 private:
  class Trainer;
  struct Shared;
  IdleTrainers();

  const std::shared_ptr<Shared> shared_;
  std::unique_ptr<Clockwork> clockwork_;
  std::vector<std::unique_ptr<Trainer>> trainers_;
};

}  // namespace hpsearch::bench
