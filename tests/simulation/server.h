// The server's machine: process after process over one disk. A process has the coordinator, its strand and its
// ticks, as rpc::Server composes them; it is killed between any two tasks, ended in order, or stopped for a while.
//
// Threads: the world's. Ownership: the world's; sessions are shared with what is under way to them.
#pragma once

#include <deque>
#include <functional>
#include <memory>
#include <utility>

#include "server/study/coordinator.h"
#include "tests/simulation/auditor.h"
#include "tests/simulation/disk.h"
#include "tests/simulation/nature.h"

namespace hpsearch::simulation {

class Session;

class Server : public study::Strand, public study::Background {
 public:
  Server(Nature& nature, Auditor& auditor, double commit_seconds, double strand_seconds);
  ~Server() override;

  // A process begins, if none runs. It ends at once where the studies cannot be read, and has to be begun again.
  void Start();
  void Kill();
  // As SIGTERM does it: sessions are closed, what was decided is stored.
  void End();
  // SIGSTOP and SIGCONT.
  void Stop(Micros until);

  bool up() const { return coordinator_ != nullptr; }
  // Grows with each process: who speaks with one that is gone speaks with nobody.
  std::int64_t life() const { return life_; }
  // Of the process that runs; on its strand alone.
  study::Coordinator& coordinator() { return *coordinator_; }
  Auditor& auditor() { return auditor_; }
  Nature& nature() { return nature_; }
  Disk& disk() { return disk_; }

  void Post(std::function<void()> task) override;
  // Takes a while, and is lost with the process.
  void Compute(std::function<void()> work, std::function<void()> done) override;
  void Add(const std::shared_ptr<Session>& session) { sessions_.push_back(session); }

 private:
  void RunSoon();
  void RunOne();
  void TickLater();
  void Leave();  // the process is gone

  Nature& nature_;
  Auditor& auditor_;
  const double strand_seconds_;
  Disk disk_;
  std::unique_ptr<study::Coordinator> coordinator_;
  std::deque<std::function<void()>> tasks_;
  std::deque<std::weak_ptr<Session>> sessions_;
  std::int64_t life_ = 0;
  Micros stopped_until_ = 0;
  bool running_ = false;  // a task is about to run
};

}  // namespace hpsearch::simulation
