// A world of one seed: server, workers and clients, what goes wrong with them, and in the end, when nothing does
// any more, what must have come of it.
//
// Threads: one has it from the beginning to the end. Errors: Broken, as soon as an invariant is; it is good for
// nothing then.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include "tests/simulation/auditor.h"
#include "tests/simulation/client.h"
#include "tests/simulation/fleet.h"
#include "tests/simulation/nature.h"
#include "tests/simulation/scenario.h"
#include "tests/simulation/server.h"
#include "tests/simulation/trouble.h"

namespace hpsearch::simulation {

class World {
 public:
  using Trace = std::function<void(const std::string&)>;

  explicit World(Scenario scenario, Trace trace = {});

  // To the end of all studies.
  void Run();

  const Nature& nature() const { return nature_; }
  // What came of a study: see Describe. Requires: Run has returned.
  std::string Result(const std::string& study) const { return Describe(*auditor_.durable().Find(study)); }

 private:
  void LetThemEnd();
  void CheckEnd();
  void CheckExact(const StudyPlan& plan, const StudyEntry& study);

  const Scenario scenario_;
  Nature nature_;
  Auditor auditor_;
  Server server_;
  Fleet fleet_;
  Client client_;
  Trouble trouble_;
};

}  // namespace hpsearch::simulation
