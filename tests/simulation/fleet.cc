#include "tests/simulation/fleet.h"

#include <algorithm>

namespace hpsearch::simulation {

Fleet::Fleet(Nature& nature, Server& server, const Scenario& scenario)
    : nature_(nature), server_(server), network_(scenario.network) {
  for (const HostPlan& plan : scenario.hosts) {
    machines_.push_back(std::make_unique<Machine>());
    machines_.back()->host.plan = plan;
  }
}

void Fleet::Bury() {
  for (const auto& machine : machines_) {
    std::erase_if(machine->processes, [](const auto& worker) { return !worker->alive(); });
  }
}

void Fleet::Begin(Machine& machine) {
  auto worker = std::make_shared<Worker>(nature_, server_, network_, machine.host);
  machine.processes.push_back(worker);
  worker->Start();
}

void Fleet::StartAll() {
  Bury();
  for (const auto& machine : machines_) {
    if (machine->processes.empty()) Begin(*machine);
  }
}

void Fleet::TakeName() {
  Bury();
  Machine& machine = *machines_[static_cast<std::size_t>(nature_.dice.Between(0, std::ssize(machines_) - 1))];
  if (machine.processes.size() < 2) Begin(machine);
}

void Fleet::CutOff(Micros until) {
  Machine& machine = *machines_[static_cast<std::size_t>(nature_.dice.Between(0, std::ssize(machines_) - 1))];
  nature_.Log("{} is cut off", machine.host.plan.name);
  machine.host.cut_off_until = std::max(machine.host.cut_off_until, until);
  const bool dies = nature_.dice.Chance(0.5);
  for (const auto& worker : machine.processes) {
    worker->CutOff(until);
    if (!dies) continue;
    const Micros after = nature_.dice.Between(0, until - nature_.now());
    nature_.After(after, [weak = std::weak_ptr<Worker>(worker)] {
      if (const auto found = weak.lock()) found->Disconnect();
    });
  }
}

std::shared_ptr<Worker> Fleet::Any() {
  Bury();
  std::vector<std::shared_ptr<Worker>> all;
  for (const auto& machine : machines_) {
    all.insert(all.end(), machine->processes.begin(), machine->processes.end());
  }
  return all.empty() ? nullptr : nature_.dice.OneOf(all);
}

bool Fleet::AllToldOff() const {
  return std::ranges::all_of(machines_, [](const auto& machine) {
    return std::ranges::all_of(machine->processes,
                               [](const auto& worker) { return !worker->alive() || worker->holds_nothing(); });
  });
}

}  // namespace hpsearch::simulation
