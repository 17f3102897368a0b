#include "tests/simulation/scenario.h"

#include <fmt/format.h>

namespace hpsearch::simulation {
namespace {

StudyPlan DrawStudy(Dice& dice, int number) {
  StudyPlan plan;
  plan.name = fmt::format("s{}", number);
  plan.kind = static_cast<int>(dice.Between(0, kKinds - 1));
  if (dice.Chance(0.25)) plan.space = static_cast<std::uint64_t>(dice.Between(1, kSpaces));
  plan.lease_seconds = dice.OneOf<double>({1.5, 3, 3, 10});
  if (dice.Chance(0.4)) plan.max_parallel_trials = dice.Between(1, 3);
  if (dice.Chance(0.3)) plan.max_attempts = dice.Between(1, 4);
  if (dice.Chance(0.3)) plan.max_failed_trials = dice.Between(0, 2);
  if (dice.Chance(0.05)) plan.max_seconds = dice.Within(1, 30);
  if (dice.Chance(0.3)) plan.pauses = dice.Within(3, 20);
  if (dice.Chance(0.2)) plan.ends = dice.Within(0.1, 1);
  plan.extends = dice.Chance(0.3);
  return plan;
}

HostPlan DrawHost(Dice& dice, int number) {
  HostPlan plan;
  plan.name = fmt::format("w{}", number);
  plan.slots = dice.Between(1, 3);
  plan.epoch_seconds = dice.Magnitude(0.05, 4);
  plan.checkpoints = dice.Chance(0.3);
  return plan;
}

FaultPlan DrawFaults(Dice& dice) {
  const double often = dice.Magnitude(0.3, 3);  // of all that there are
  const auto maybe = [&](double likelihood) {
    return dice.Chance(likelihood) ? often * dice.Magnitude(2, 30) : 0;
  };
  FaultPlan faults;
  faults.workers_killed = maybe(0.5);
  faults.workers_stopped = maybe(0.4);
  faults.workers_drained = maybe(0.3);
  faults.names_taken = maybe(0.15);
  faults.connections_cut = maybe(0.5);
  faults.partitions = maybe(0.4);
  faults.server_killed = maybe(0.5);
  faults.server_ended = maybe(0.2);
  faults.server_stopped = maybe(0.25);
  faults.commits_fail = maybe(0.35);
  faults.reads_fail = maybe(0.15);
  faults.disk_stalls = maybe(0.25);
  faults.clock_set = maybe(0.4);
  return faults;
}

}  // namespace

Scenario Draw(std::uint64_t seed) {
  Dice dice(seed * 0x9e3779b97f4a7c15U + 1);
  Scenario scenario;
  scenario.seed = seed;
  const std::int64_t studies = dice.OneOf<std::int64_t>({1, 2, 3, 4});
  for (int i = 1; i <= studies; ++i) scenario.studies.push_back(DrawStudy(dice, i));
  const std::int64_t hosts = dice.OneOf<std::int64_t>({1, 2, 2, 3, 3, 4, 6});
  for (int i = 1; i <= hosts; ++i) scenario.hosts.push_back(DrawHost(dice, i));
  if (hosts > 1 && dice.Chance(0.2)) {
    for (HostPlan& host : scenario.hosts) host.arithmetic = dice.Chance(0.5) ? "digest" : "other";
  }
  if (dice.Chance(0.2)) {
    for (HostPlan& host : scenario.hosts) host.fails = dice.Within(0, 0.3);
  }
  if (dice.Chance(0.1)) dice.OneOf<HostPlan*>({&scenario.hosts.front(), &scenario.hosts.back()})->damaged = true;
  scenario.faults = DrawFaults(dice);
  scenario.trouble_seconds = dice.Within(10, 120);
  scenario.network.usual = dice.Magnitude(100, 20'000);
  if (dice.Chance(0.3)) scenario.network.tail = dice.Within(0, 0.1);
  scenario.network.slow = dice.Magnitude(100'000, 3'000'000);
  if (dice.Chance(0.6)) scenario.requests_lost = dice.Within(0, 0.4);
  if (dice.Chance(0.6)) scenario.requests_twice = dice.Within(0, 0.6);
  scenario.commit_seconds = dice.Magnitude(0.0005, 0.2);
  if (dice.Chance(0.3)) scenario.strand_seconds = dice.Magnitude(0.0001, 0.02);
  return scenario;
}

Scenario DrawOf(std::uint64_t space) {
  Scenario scenario = Draw(space);
  StudyPlan plan = scenario.studies.front();
  plan.space = space;
  plan.max_attempts = StudyPlan().max_attempts;
  plan.ends = 0;
  plan.max_seconds.reset();
  scenario.studies = {plan};
  for (HostPlan& host : scenario.hosts) host.damaged = false;
  return scenario;
}

Scenario Undisturbed(const StudyPlan& study, const std::string& arithmetic) {
  Scenario scenario;
  StudyPlan plan;
  plan.name = study.name;
  plan.kind = study.kind;
  plan.space = study.space;
  plan.extends = study.extends;
  scenario.studies.push_back(plan);
  scenario.hosts.push_back({.name = "w", .arithmetic = arithmetic});
  return scenario;
}

}  // namespace hpsearch::simulation
