// A worker process's life: its session with the coordinator and its slots. Connects, says hello, trains what it is
// leased (a thread a slot), reports, and connects again with backoff when the connection is lost, keeping what was
// not acknowledged.
//
// Threads: Run blocks its caller, once; Drain and Stop come from any thread, any number of times, before Run too.
// Ownership: shares channel and catalog. Errors of Run: what cannot be mended by connecting again (another process
// took the name, the server refuses the hello), FAILED_PRECONDITION also where the processor lacks the instruction
// set or the process is pinned to another, RESOURCE_EXHAUSTED (no thread or no memory to be had), INTERNAL (the
// arithmetic cannot be probed); OK after Drain or Stop.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "server/model/training.h"

namespace grpc {
class Channel;
}
namespace hpsearch::data {
class Catalog;
}

namespace hpsearch::agent {

struct WorkerOptions {
  std::string name;
  std::int64_t slots = 1;
  // What the process is pinned to when it runs; it is leased trials of studies that ask for that.
  model::InstructionSet instruction_set = model::InstructionSet::kNative;
  std::shared_ptr<data::Catalog> catalog;
  // Names or paths to offer; unset: everything in the data path. A `run` offers what its study needs alone.
  std::optional<std::vector<std::string>> datasets;
  // Where checkpoints are kept; empty: none are, and a trial that is lost begins anew.
  std::filesystem::path checkpoints;
  // They go to the coordinator too, for other machines.
  bool puts_checkpoints = true;
  std::chrono::milliseconds puts_every{10'000};  // of a trial that goes on; one that is handed back: at once
  // How often what was not there, or not whole, is looked at again.
  std::chrono::milliseconds look_again{60'000};
};

class Worker {
 public:
  Worker(const std::shared_ptr<grpc::Channel>& channel, WorkerOptions options);
  ~Worker();  // stops

  absl::Status Run();
  // Ends the epochs under way, hands the trials back behind their checkpoints, takes no more, then Run returns.
  void Drain();
  void Stop();  // ends trials at their next step and hands them back, then Run returns

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::agent
