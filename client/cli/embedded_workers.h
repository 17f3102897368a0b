// The workers of `hpsearch run`: N of one slot each, in this process, over the in-process channel.
//
// Threads: Start and Stop from one; `on_failure` is called on a worker's thread, at most once a worker. Ownership:
// the server behind the channel must outlive this.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "server/model/training.h"

namespace grpc {
class Channel;
}
namespace hpsearch::agent {
class Worker;
}
namespace hpsearch::data {
class Catalog;
}

namespace hpsearch::cli {

class EmbeddedWorkers {
 public:
  // They offer `datasets` alone, and are pinned to `instruction_set`. `on_failure`: a worker ended with what
  // connecting again cannot mend.
  EmbeddedWorkers(std::int64_t count, const std::shared_ptr<grpc::Channel>& channel,
                  const std::shared_ptr<data::Catalog>& catalog, const std::vector<std::string>& datasets,
                  const std::string& checkpoints, model::InstructionSet instruction_set,
                  const std::function<void(absl::Status)>& on_failure);
  ~EmbeddedWorkers();  // stops

  // Trials under way are handed back. May be called twice.
  void Stop();

 private:
  std::vector<std::unique_ptr<agent::Worker>> workers_;
  std::vector<std::thread> threads_;
};

}  // namespace hpsearch::cli
