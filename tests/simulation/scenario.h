// What a seed decides before anything happens: which studies, workers, faults and delays its world has. Each seed
// has only some kinds of faults, and more or fewer of them (swarm testing): what a rare fault would bring to light
// is not hidden behind the noise of all others.
//
// Pure.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "tests/simulation/dice.h"
#include "tests/simulation/pipe.h"
#include "tests/simulation/studies.h"

namespace hpsearch::simulation {

// A machine, on which process follows process under one name.
struct HostPlan {
  std::string name;
  std::int64_t slots = 1;
  std::string arithmetic = "digest";
  double epoch_seconds = 0.2;  // how long it trains for one
  double fails = 0;            // the likelihood that an attempt does
  bool damaged = false;        // its data set is not what it looks like: no trial trains on it
  bool checkpoints = false;    // an attempt goes on where the last one on this machine was
};

// Mean seconds between two faults of a kind; 0: there are none.
struct FaultPlan {
  double workers_killed = 0, workers_stopped = 0, workers_drained = 0;
  double names_taken = 0;  // a second process with the name of one that lives
  double connections_cut = 0, partitions = 0;
  double server_killed = 0, server_ended = 0, server_stopped = 0;
  double commits_fail = 0, reads_fail = 0, disk_stalls = 0;
  double clock_set = 0;
};

struct Scenario {
  std::uint64_t seed = 0;
  std::vector<StudyPlan> studies;
  std::vector<HostPlan> hosts;
  FaultPlan faults;
  double trouble_seconds = 0;  // for so long things go wrong
  Delays network;
  double requests_lost = 0;  // the likelihood for each way
  double requests_twice = 0;
  double commit_seconds = 0.001;  // what one takes, about
  double strand_seconds = 0;      // what waits for the server's strand, at most
};

Scenario Draw(std::uint64_t seed);
// The same with one study, that of the space of that number, which comes to its end.
Scenario DrawOf(std::uint64_t space);
// Of that study alone, on one worker, where nothing goes wrong.
Scenario Undisturbed(const StudyPlan& study, const std::string& arithmetic);

}  // namespace hpsearch::simulation
