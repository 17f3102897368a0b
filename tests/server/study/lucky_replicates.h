// Trials of points that are trained three times, as a worker of a World plays them: one replicate of a rate near
// 0.01 has more luck than any trial, the others less than most.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {

inline constexpr char kThree[] = R"(,"replicates":3)";

// What the lucky and the unlucky replicate make of a rate: one of 0.01's is the best trial of all, and 0.1 is the
// best point by its mean.
inline double Luck(double rate, std::int64_t replicate) {
  if (rate < 0.02 && rate > 0.005) return replicate == 1 ? -0.05 : 0.2;
  return 0.001 * static_cast<double>(replicate);
}

inline EpochRecord Played(const Lease& lease, std::int64_t epoch) {
  EpochRecord played = PlayedEpoch(RateOf(lease), epoch);
  played.validation_error =
      std::clamp(played.validation_error + Luck(RateOf(lease), lease.plan.replicate), 0.0, 1.0);
  return played;
}

inline void Report(World& world, FakeWorker& worker, const Lease& lease) {
  EpochReport report{lease.study, lease.trial, lease.attempt, {}};
  for (std::int64_t epoch = lease.epochs_stored + 1; epoch <= lease.epochs; ++epoch) {
    report.epochs.push_back(Played(lease, epoch));
  }
  // Of a trial that is extended the worker tells the whole curve again.
  if (lease.epochs_stored > 0) {
    report.epochs.clear();
    for (std::int64_t epoch = 1; epoch <= lease.epochs; ++epoch) report.epochs.push_back(Played(lease, epoch));
  }
  world->Report(worker.session, std::move(report));
  world.Run();
}

inline Lease TakeLease(FakeWorker& worker, std::size_t which = 0) {
  const Lease lease = worker.leases.at(which);
  worker.leases.erase(worker.leases.begin() + static_cast<std::ptrdiff_t>(which));
  return lease;
}

inline void End(World& world, FakeWorker& worker, const Lease& lease,
                TrialOutcome::Kind kind = TrialOutcome::Kind::kCompleted) {
  if (kind == TrialOutcome::Kind::kCompleted) Report(world, worker, lease);
  world.Finish(worker, lease, kind, kind == TrialOutcome::Kind::kCompleted ? "" : "so it was told");
  world->Ready(worker.session, 1);
  world.Run();
}

// In the order of the leases, or the last one first.
inline std::vector<std::int64_t> EndAll(World& world, FakeWorker& worker, bool backwards = false) {
  std::vector<std::int64_t> trained;
  while (!worker.leases.empty()) {
    const Lease lease = TakeLease(worker, backwards ? worker.leases.size() - 1 : 0);
    trained.push_back(lease.trial);
    End(world, worker, lease);
  }
  return trained;
}

// Each life trains one of its leases, the last one, and leaves the others under way.
inline void KillBehindEachTrial(World& world, std::int64_t slots) {
  for (int life = 0; life < 200 && world.Study().state == StudyState::kRunning; ++life) {
    WorkerHello hello = World::Hello("w", slots);
    hello.instance = std::to_string(life);
    const auto worker = world.Start(hello);
    if (!worker->leases.empty()) End(world, *worker, TakeLease(*worker, worker->leases.size() - 1));
    world.Crash();
  }
  EXPECT_EQ(world.Study().state, StudyState::kCompleted);
}

}  // namespace hpsearch::study
