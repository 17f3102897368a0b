#include "tests/simulation/server.h"

#include <algorithm>
#include <utility>

#include "tests/simulation/session.h"

namespace hpsearch::simulation {
namespace {

constexpr Micros kTick = 250 * kMillisecond;

}  // namespace

Server::Server(Nature& nature, Auditor& auditor, double commit_seconds, double strand_seconds)
    : nature_(nature),
      auditor_(auditor),
      strand_seconds_(strand_seconds),
      disk_(nature, auditor, *this, commit_seconds) {}

Server::~Server() = default;

void Server::Start() {
  if (up()) return;
  ++life_;
  coordinator_ = std::make_unique<study::Coordinator>(disk_, nature_, *this,
                                                      [this](const study::Event& event) { auditor_.Told(event); });
  const absl::Status status = coordinator_->Recover();
  nature_.Log("server: process {} begins: {}", life_, status.ToString());
  if (!status.ok()) return Kill();
  TickLater();
}

void Server::Kill() {
  if (!up()) return;
  nature_.Log("server: killed");
  for (const std::weak_ptr<Session>& each : std::exchange(sessions_, {})) {
    if (const auto session = each.lock()) session->ServerDied();
  }
  Leave();
  disk_.Crash();
  tasks_.clear();
}

void Server::End() {
  if (!up()) return;
  nature_.Log("server: ends");
  for (const std::weak_ptr<Session>& each : std::exchange(sessions_, {})) {
    if (const auto session = each.lock()) session->Close(absl::UnavailableError("the server is stopping"));
  }
  // What was heard before is heard; what is decided is stored, though nobody is told any more.
  while (!tasks_.empty()) {
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
  Leave();
  disk_.Finish();
  tasks_.clear();
}

void Server::Leave() {
  coordinator_.reset();
  ++life_;
  stopped_until_ = 0;
}

void Server::Stop(Micros until) {
  if (!up()) return;
  nature_.Log("server: stopped for {} s", static_cast<double>(until - nature_.now()) / 1e6);
  stopped_until_ = std::max(stopped_until_, until);
}

void Server::Post(std::function<void()> task) {
  if (!up()) return;
  tasks_.push_back(std::move(task));
  RunSoon();
}

void Server::Compute(std::function<void()> work, std::function<void()> done) {
  const auto takes = static_cast<Micros>(nature_.dice.Within(0, 2 * strand_seconds_) * 1e6);
  nature_.After(takes, [this, life = life_, work = std::move(work), done = std::move(done)] {
    if (life != life_) return;
    work();
    Post(done);
  });
}

void Server::RunSoon() {
  if (running_ || tasks_.empty()) return;
  running_ = true;
  Micros delay = std::max<Micros>(0, stopped_until_ - nature_.now());
  if (strand_seconds_ > 0) delay += static_cast<Micros>(nature_.dice.Within(0, strand_seconds_) * 1e6);
  nature_.After(delay, [this] { RunOne(); });
}

void Server::RunOne() {
  running_ = false;
  if (!up()) tasks_.clear();
  if (!tasks_.empty() && stopped_until_ <= nature_.now()) {
    const std::function<void()> task = std::move(tasks_.front());
    tasks_.pop_front();
    task();
  }
  RunSoon();
}

void Server::TickLater() {
  nature_.After(kTick, [this, life = life_] {
    if (life != life_) return;
    Post([this, life] {
      if (life != life_) return;
      // While nothing can be stored no lease runs out.
      const bool well = coordinator_->Health().ok();
      if (well) auditor_.Ticking();
      coordinator_->Tick();
      if (well && coordinator_->Health().ok()) auditor_.Ticked();
      TickLater();
    });
  });
}

}  // namespace hpsearch::simulation
