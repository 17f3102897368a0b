#include "client/cli/embedded_workers.h"

#include <fmt/format.h>

#include <system_error>

#include "client/cli/host_name.h"
#include "worker/agent/worker.h"
#include "worker/data/catalog.h"

namespace hpsearch::cli {

EmbeddedWorkers::EmbeddedWorkers(std::int64_t count, const std::shared_ptr<grpc::Channel>& channel,
                                 const std::shared_ptr<data::Catalog>& catalog,
                                 const std::vector<std::string>& datasets, const std::string& checkpoints,
                                 model::InstructionSet instruction_set,
                                 const std::function<void(absl::Status)>& on_failure) {
  for (std::int64_t i = 1; i <= count; ++i) {
    agent::WorkerOptions options;
    // The same names at the next start, so that leases of a process that was killed end at once.
    options.name = fmt::format("{}-run-{}", HostName(), i);
    options.catalog = catalog;
    options.datasets = datasets;
    options.checkpoints = checkpoints;
    options.puts_checkpoints = false;  // the server is here
    options.instruction_set = instruction_set;
    workers_.push_back(std::make_unique<agent::Worker>(channel, std::move(options)));
  }
  try {
    for (const auto& worker : workers_) {
      threads_.emplace_back([&worker = *worker, on_failure] {
        if (absl::Status status = worker.Run(); !status.ok()) on_failure(status);
      });
    }
  } catch (const std::system_error& thrown) {  // of a thread: pids.max
    Stop();                                    // there is no destructor to come that would join the others
    throw std::system_error(thrown.code(), fmt::format("a thread for each of {} workers", count));
  } catch (...) {
    Stop();
    throw;
  }
}

EmbeddedWorkers::~EmbeddedWorkers() { Stop(); }

void EmbeddedWorkers::Stop() {
  for (const auto& worker : workers_) worker->Stop();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
}

}  // namespace hpsearch::cli
