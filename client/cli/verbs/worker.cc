// hpsearch worker: trains what a server leases it.
#include "worker/agent/worker.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <memory>
#include <thread>

#include "client/channel/channel.h"
#include "client/cli/app.h"
#include "client/cli/exit_code.h"
#include "client/cli/host_name.h"
#include "client/cli/instruction_set_flag.h"
#include "client/cli/interrupts.h"
#include "client/cli/local_trial.h"
#include "client/cli/target.h"
#include "client/cli/verbs/verbs.h"
#include "server/model/training_rules.h"
#include "worker/data/catalog.h"
#include "worker/data/data_path.h"
#include "worker/nn/instruction_set.h"

namespace hpsearch::cli {
namespace {

struct WorkerFlags {
  std::string server;
  std::int64_t slots = std::max(1U, std::thread::hardware_concurrency());
  std::string checkpoints = CheckpointsOfWorkers();
  std::string name = fmt::format("{}-{}", HostName(), getpid());
  std::string instruction_set = model::InstructionSetNames().front();
};

int Work(const WorkerFlags& flags) {
  agent::Worker* running = nullptr;  // while there is one; a signal before is counted in `early`
  std::mutex mutex;
  int early = 0;
  const auto on_signal = [&](int count) {
    const std::lock_guard lock(mutex);
    early = count;
    if (running == nullptr) return;
    fmt::print(
        stderr, "{}\n",
        count == 1 ? "ending the epochs under way, then handing the trials back; again: at once" : "stopping");
    count == 1 ? running->Drain() : running->Stop();
  };
  Interrupts interrupts(on_signal);
  const auto instruction_set = nn::InstructionSetNamed(flags.instruction_set);
  // Before anything asks oneDNN what there is.
  if (absl::Status status = nn::PinInstructionSet(instruction_set); !status.ok()) return Fail(status);
  const std::string server = ResolveServer(flags.server);
  const auto channel = client::OpenChannel(server);
  if (!channel.ok()) return Fail(channel.status());
  agent::WorkerOptions options;
  options.name = flags.name;
  options.slots = flags.slots;
  options.checkpoints = flags.checkpoints;
  options.instruction_set = instruction_set;
  options.catalog = std::make_shared<data::Catalog>(data::DataPath());
  agent::Worker worker(*channel, std::move(options));
  {
    const std::lock_guard lock(mutex);
    running = &worker;
    if (early > 0) early == 1 ? worker.Drain() : worker.Stop();
  }
  fmt::print(stderr, "worker {} with {} slots, server {}\n", flags.name, flags.slots, server);
  const absl::Status status = worker.Run();
  {
    const std::lock_guard lock(mutex);
    running = nullptr;
  }
  return status.ok() ? static_cast<int>(kDone) : Fail(status);
}

}  // namespace

void AddWorker(App& app) {
  auto flags = std::make_shared<WorkerFlags>();
  CLI::App& verb = app.AddVerb(
      kRunGroup, "worker",
      "Trains what a server leases it; SIGTERM: hands its trials back behind their epochs; again: at once",
      [flags] { return Work(*flags); });
  verb.add_option("--server", flags->server,
                  fmt::format("The server; default HPSEARCH_SERVER, else {}", kDefaultServer))
      ->type_name("HOST:PORT");
  verb.add_option("--slots", flags->slots, "Trials side by side; default: as many as cores")
      ->type_name("N")
      ->check(CLI::Range(1, 1024));
  verb.add_option("--checkpoints", flags->checkpoints,
                  "Where it keeps checkpoints; workers may share a folder. '': none, here or with the server")
      ->type_name("FOLDER")
      ->capture_default_str();
  verb.add_option("--name", flags->name, "Of one live worker; default: host name and process id")
      ->type_name("NAME");
  AddInstructionSetFlag(verb, flags->instruction_set);
}

}  // namespace hpsearch::cli
