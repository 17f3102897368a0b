// What goes wrong in a world, and when: each kind of fault comes at its own mean rate until Over, which takes back
// what lasts.
//
// Threads: the world's. Ownership: the world's.
#pragma once

#include <functional>

#include "tests/simulation/fleet.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/server.h"

namespace hpsearch::simulation {

class Trouble {
 public:
  Trouble(Nature& nature, Server& server, Fleet& fleet, const Scenario& scenario);

  void Begin();
  void Over();

 private:
  // `fault` comes again and again, that many seconds apart in the mean; 0: never.
  void Every(double seconds, std::function<void()> fault);
  // What lasts about so many seconds, and is taken back then.
  void For(double seconds, const std::function<void(bool on)>& fault);
  void WorkersTrouble();
  void ServersTrouble();
  void DisksTrouble();

  Nature& nature_;
  Server& server_;
  Fleet& fleet_;
  const FaultPlan faults_;
  bool over_ = false;
};

}  // namespace hpsearch::simulation
