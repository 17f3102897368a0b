// Whatever workers, time, the store and the process do, in whatever order: a study that ends has each point once,
// the same rounds, the same records and the same curves as one that nothing ever happened to.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <string>
#include <vector>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

const StudyText& Text() {
  static const StudyText text{
      .epochs = 3, .search = R"({"refine":{"rounds":3,"around":2}})", .limits = R"({"max_attempts":1000000})"};
  return text;
}

// All that must not depend on what happened on the way.
std::string Describe(World& world) {
  std::string text;
  const StudyRecord study = world.Study();
  text += fmt::format("{} {} best {} planned {} next {}\n", ToString(study.state), study.reason,
                      study.best_trial.value_or(0), study.planned_trials, study.next_trial);
  for (const RoundRecord& round : world.store.rounds()) {
    text += fmt::format("round {} {} {}", round.number, round.first_trial, round.trials);
    for (const std::int64_t centre : round.centres) text += fmt::format(" {}", centre);
    text += "\n";
  }
  for (const auto& [key, row] : world.store.trials()) {
    text += fmt::format("{} {} {} {} {} {} {} {}\n", row.number, row.round, ToString(row.state), row.parameters,
                        row.objective.value_or(-1), row.best_epoch.value_or(0), row.epochs,
                        row.reused_from.value_or(0));
    for (const auto& [number, epoch] : world.store.Epochs(key.first, key.second)) {
      text += fmt::format(" {} {} {}\n", number, epoch.train_loss, epoch.validation_error);
    }
  }
  return text;
}

// A worker's process: what it remembers outlives its session, not itself.
struct Process {
  WorkerHello hello;
  std::shared_ptr<FakeWorker> link;  // null: not connected
  struct Work {
    Lease lease;
    std::int64_t epochs = 0;  // trained
    std::int64_t stored = 0;  // acknowledged
    bool finished = false;    // the outcome is sent
  };
  std::vector<Work> work;
};

class Chaos {
 public:
  Chaos() {
    for (int i = 0; i < 3; ++i) {
      processes_.push_back({World::Hello(fmt::format("w{}", i), 1 + i % 2), nullptr, {}});
    }
    RC_ASSERT(world.Create(Text(), "create").ok());
  }

  void Step(int what, int who) {
    Process& process = processes_[who % processes_.size()];
    switch (what) {
      case 0:
        return Connect(process);
      case 1:
        if (process.link != nullptr) world->Disconnect(process.link->session);
        process.link = nullptr;
        return;
      case 2:  // killed, and another process takes the name
        process.hello.instance += "'";
        process.link = nullptr;
        process.work.clear();
        return;
      case 3:
        return world.Pass(4);
      case 4:
        world.store.FailNext(absl::UnavailableError("full"));
        return;
      case 5:
        for (Process& other : processes_) other.link = nullptr;
        return world.Crash();
      case 6:
        return world.store.Hold();
      case 7:
        world.store.CommitOne();
        return world.strand.RunAll();
      default:
        return Work(process);
    }
  }

  // Nothing more goes wrong: workers come back and work until the study has ended.
  void Calm() {
    world.store.Release();
    for (int i = 0; i < 2000 && world.Study().state == StudyState::kRunning; ++i) {
      for (Process& process : processes_) {
        if (process.link == nullptr || process.link->closed) Connect(process);
        Work(process);
        world.Run();
      }
      world.Pass(1);
      world.Run();
    }
  }

  World world;

 private:
  void Connect(Process& process) {
    process.hello.held.clear();
    for (const Process::Work& work : process.work) {
      process.hello.held.push_back({work.lease.study, work.lease.trial, work.lease.attempt});
    }
    auto link = std::make_shared<FakeWorker>();
    const auto session = world->Connect(link, process.hello);
    if (!session.ok()) return;
    link->session = *session;
    process.link = std::move(link);
    for (Process::Work& work : process.work) {  // what was not acknowledged is sent again
      work.epochs = work.stored;
      work.finished = false;
    }
    const auto busy = static_cast<std::int64_t>(process.work.size());
    world->Ready(process.link->session, process.hello.slots - busy);
  }

  // Takes what has come, then trains one epoch of each trial, or says that it is finished.
  void Work(Process& process) {
    if (process.link == nullptr) return;
    FakeWorker& link = *process.link;
    if (link.closed) {
      process.link = nullptr;
      return;
    }
    for (const Lease& lease : link.leases) process.work.push_back({lease});
    link.leases.clear();
    const auto drop = [&](const std::vector<FakeWorker::Ack>& over) {
      for (const FakeWorker::Ack& ack : over) {
        const std::size_t dropped = std::erase_if(process.work, [&](const Process::Work& work) {
          return work.lease.trial == ack.trial && work.lease.attempt == ack.attempt;
        });
        if (dropped > 0) world->Ready(link.session, 1);
      }
    };
    const std::vector<FakeWorker::Ack> revoked = std::exchange(link.revoked, {});
    const std::vector<FakeWorker::Ack> outcomes = std::exchange(link.outcomes, {});
    for (const FakeWorker::Ack& ack : std::exchange(link.stored, {})) {
      for (Process::Work& work : process.work) {
        if (work.lease.trial == ack.trial && work.lease.attempt == ack.attempt) work.stored = ack.epoch;
      }
    }
    drop(revoked);
    drop(outcomes);
    for (Process::Work& work : process.work) {
      const Lease& lease = work.lease;
      if (work.epochs < lease.epochs) {
        ++work.epochs;
        const EpochRecord epoch = PlayedEpoch(RateOf(lease), work.epochs);
        world->Report(link.session, {lease.study, lease.trial, lease.attempt, {epoch}});
      } else if (!work.finished) {
        work.finished = true;
        world->Finish(link.session, {lease.study, lease.trial, lease.attempt, TrialOutcome::Kind::kCompleted, ""});
      }
    }
    world->Heartbeat(link.session);
  }

  std::vector<Process> processes_;
};

TEST(CoordinatorProperty, WhateverHappensTheStudyIsTheSame) {
  World quiet;
  ASSERT_TRUE(quiet.Create(Text()).ok());
  const auto worker = quiet.Start();
  quiet.TrainAll(*worker);
  ASSERT_EQ(quiet.Study().state, StudyState::kCompleted);
  const std::string expected = Describe(quiet);

  EXPECT_TRUE(rc::check([&] {
    Chaos chaos;
    // Working is the likeliest of all; a held store is let go soon.
    const auto steps = *rc::gen::container<std::vector<std::pair<int, int>>>(
        120, rc::gen::pair(rc::gen::weightedElement<int>(
                               {{6, 0}, {2, 1}, {1, 2}, {2, 3}, {1, 4}, {1, 5}, {2, 6}, {10, 7}, {30, 8}}),
                           rc::gen::inRange(0, 3)));
    for (const auto& [what, who] : steps) chaos.Step(what, who);
    chaos.Calm();
    RC_ASSERT(Describe(chaos.world) == expected);
  }));
}

}  // namespace
}  // namespace hpsearch::study
