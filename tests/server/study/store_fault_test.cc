// Each read and each commit of a study's life fails, one after the other: nobody is told what is not stored, and
// what comes of the study in the end is what comes of it undisturbed.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

constexpr int kMostTries = 60;

// A worker as the real one is: it comes back with what it has, says again what was not acknowledged, and has no
// more than one trial at a time.
class SteadyWorker {
 public:
  explicit SteadyWorker(World& world) : world_(world) {}

  void Step() {
    if (link_ == nullptr || link_->closed) return Connect();
    for (const FakeWorker::Ack& revoked : std::exchange(link_->revoked, {})) {
      if (lease_ && lease_->trial == revoked.trial && lease_->attempt == revoked.attempt) Drop();
    }
    if (!link_->leases.empty()) {
      lease_ = link_->leases.front();
      link_->leases.clear();
    }
    if (!lease_) return;
    if (!acknowledged_) {
      world_.Report(*link_, *lease_, 1, lease_->epochs);
      acknowledged_ = !link_->stored.empty();
      if (!acknowledged_ || link_->closed) return;
    }
    world_.Finish(*link_, *lease_);
    if (link_->outcomes.empty()) return;
    finished_ = *lease_;
    Drop();
  }
  // The last outcome once more, as if its acknowledgement had been lost.
  void RepeatOutcome() {
    if (!link_->closed && finished_) world_.Finish(*link_, *finished_);
  }

 private:
  void Connect() {
    WorkerHello hello = World::Hello();
    if (lease_) hello.held = {{lease_->study, lease_->trial, lease_->attempt}};
    auto link = std::make_shared<FakeWorker>();
    const auto session = world_->Connect(link, hello);
    world_.Run();
    EXPECT_TRUE(session.ok() || absl::IsUnavailable(session.status())) << session.status();
    if (!session.ok()) return;
    link->session = *session;
    link_ = std::move(link);
    if (!lease_ && !link_->closed) Ready();
  }
  void Drop() {
    lease_.reset();
    acknowledged_ = false;
    link_->stored.clear();
    link_->outcomes.clear();
    if (!link_->closed) Ready();
  }
  void Ready() {
    world_->Ready(link_->session, 1);
    world_.Run();
  }

  World& world_;
  std::shared_ptr<FakeWorker> link_;
  std::optional<Lease> lease_, finished_;
  bool acknowledged_ = false;
};

// What a client does that is told UNAVAILABLE: the same again.
void Insist(World& world, const std::function<absl::StatusOr<StudyRecord>()>& request) {
  for (int tries = 0; tries < kMostTries; ++tries) {
    const absl::StatusOr<StudyRecord> answer = request();
    if (answer.ok()) return;
    ASSERT_TRUE(absl::IsUnavailable(answer.status())) << answer.status();
    world.Pass(1);
    world.Run();
  }
  FAIL() << "the store is well, and no answer comes";
}

void TrainOn(World& world, SteadyWorker& worker, int steps, bool to_the_end = true) {
  const auto ended = [&] { return IsFinal(world.store.studies().at(1).state); };
  for (int step = 0; step < steps && !(to_the_end && ended()); ++step) {
    worker.Step();
    world.Pass(1);
    world.Run();
  }
}

const StudyText kText = {.epochs = 2,
                         .rates = R"({"logspace":{"start":-3,"stop":0,"num":4}})",
                         .search = R"({"grid":{},"refine":{"rounds":2}})"};

// What is there in the end, but for times and attempts.
std::vector<std::string> Outcome(World& world) {
  std::vector<std::string> lines;
  for (const auto& [key, trial] : world.store.trials()) {
    lines.push_back(fmt::format("{}: round {} {} {} at {} epochs {} {} of {} from {}", key.second, trial.round,
                                ToString(trial.state), trial.objective.value_or(-1), trial.best_epoch.value_or(0),
                                trial.epochs, world.store.Epochs(1, key.second).size(), trial.parameters,
                                trial.reused_from.value_or(0)));
  }
  const StudyRecord& study = world.store.studies().at(1);
  lines.push_back(fmt::format("{} {} of {}, best {}, extended {}", ToString(study.state), study.next_trial,
                              study.planned_trials, study.best_trial.value_or(0),
                              study.extended_from.has_value()));
  return lines;
}

// A study's whole life: made, paused and resumed, two rounds, extended, with a restart in the midst of it.
std::vector<std::string> Live(World& world, int after, int times) {
  world.store.FailCalls(after, times);
  SteadyWorker worker(world);
  Insist(world, [&] { return world.Create(kText, "create"); });
  TrainOn(world, worker, 6, false);
  Insist(world, [&] { return world.Change("s", Action::kPause, "pause"); });
  TrainOn(world, worker, 4, false);
  Insist(world, [&] { return world.Change("s", Action::kResume, "resume"); });
  Insist(world, [&] { return world.Create(kText, "again"); });
  TrainOn(world, worker, 400);
  worker.RepeatOutcome();
  world.Run();
  Insist(world, [&] { return world.Extend("s", {.best = 2, .epochs = 3}, "extend"); });
  TrainOn(world, worker, 100);
  world.Pass(2);
  world.Run();
  EXPECT_TRUE(world->Health().ok() || world.store.failing_calls() > 0);
  return Outcome(world);
}

TEST(StoreFault, WhereverTheStoreFailsTheStudyComesToTheSameEnd) {
  World undisturbed;
  const std::vector<std::string> expected = Live(undisturbed, 0, 0);
  ASSERT_GT(expected.size(), 5U);
  for (const int times : {1, 4}) {
    bool failed = true;
    int after = 0;
    for (; failed; ++after) {
      SCOPED_TRACE(fmt::format("{} calls fail behind {}", times, after));
      World world;
      const std::vector<std::string> outcome = Live(world, after, times);
      failed = world.store.failing_calls() < times;
      ASSERT_EQ(outcome, expected);
      if (HasFailure()) return;
    }
    EXPECT_GT(after, 40);
  }
}

// The server says so and ends; the next one finds all.
TEST(StoreFault, WhereARestartCannotReadItSaysSo) {
  World world;
  SteadyWorker worker(world);
  ASSERT_TRUE(world.Create(kText).ok());
  ASSERT_TRUE(world.Create({.name = "t"}).ok());
  TrainOn(world, worker, 5, false);
  int after = 0;
  for (bool failed = true; failed; ++after) {
    world.store.FailCalls(after, 1);
    study::StrandBackground background(world.strand);
    testing::HandClock clock;
    Coordinator coordinator(world.store, clock, background, [](const Event&) {});
    const absl::Status status = coordinator.Recover();
    failed = world.store.failing_calls() == 0;
    world.strand.RunAll();
    EXPECT_TRUE(status.ok() || absl::IsUnavailable(status)) << status;
    EXPECT_TRUE(status.ok() || !coordinator.Health().ok());
    world.store.FailCalls(0, 0);
  }
  EXPECT_GT(after, 4);
  world.Crash();
  EXPECT_TRUE(world->Health().ok());
}

}  // namespace
}  // namespace hpsearch::study
