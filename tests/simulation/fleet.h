// The workers' machines: process follows process on each, and now and then there are two under one name.
//
// Threads: the world's. Ownership: the world's.
#pragma once

#include <memory>
#include <vector>

#include "tests/simulation/worker.h"

namespace hpsearch::simulation {

class Fleet {
 public:
  Fleet(Nature& nature, Server& server, const Scenario& scenario);

  // A process on every machine that has none.
  void StartAll();
  // One more process on some machine, whoever has its name.
  void TakeName();
  // Some machine is cut off until then; its connections go on, or are found dead.
  void CutOff(Micros until);
  // Some process that lives; nullptr: none does.
  std::shared_ptr<Worker> Any();

  // Of the processes that live: none keeps anything that the server has not answered for.
  bool AllToldOff() const;

 private:
  struct Machine {
    Host host;
    std::vector<std::shared_ptr<Worker>> processes;  // that live
  };
  void Begin(Machine& machine);
  void Bury();  // those that are dead

  Nature& nature_;
  Server& server_;
  const Delays& network_;
  std::vector<std::unique_ptr<Machine>> machines_;
};

}  // namespace hpsearch::simulation
