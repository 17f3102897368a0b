// A coordinator among fakes: a store in memory, a strand and a clock driven by hand, and workers that do what a
// test tells them. Training is played: an epoch is a function of the trial's learning rate and its number alone,
// as with real workers of one numerics digest.
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/study/coordinator.h"
#include "server/study/strand_background.h"
#include "tests/support/hand_strand.h"
#include "tests/support/memory_store.h"

namespace hpsearch::study {

// A study over learning rates; each field is JSON and stands where the study file has it.
struct StudyText {
  std::string name = "s";
  int epochs = 2;
  std::string dataset = R"("digits")";
  std::string instruction_set = "native";
  std::string rates = R"({"logspace":{"start":-3,"stop":0,"num":4}})";
  std::string search = R"({"grid":{}})";
  std::string limits = "{}";
  std::string objective = "{}";
  std::string training = "";  // what more stands there, with a comma in front
  std::string model = R"([{"dense":{"units":2,"activation":"softmax"}}])";
  std::string metrics = "[]";
  std::string more = "";  // of the top level, with a comma in front
};
std::shared_ptr<const StudySpec> SpecOf(const StudyText& text);

double RateOf(const Lease& lease);
// What training at that rate gives; the best rate is 0.05.
EpochRecord PlayedEpoch(double rate, std::int64_t epoch);

class FakeWorker : public WorkerLink {
 public:
  struct Ack {
    std::string study;
    std::int64_t trial = 0, attempt = 0, epoch = 0;
    std::string reason;
  };
  void OnLease(const Lease& lease) override { leases.push_back(lease); }
  void OnEpochsStored(const std::string& study, std::int64_t trial, std::int64_t attempt,
                      std::int64_t epoch) override {
    stored.push_back({study, trial, attempt, epoch, ""});
  }
  void OnOutcomeStored(const std::string& study, std::int64_t trial, std::int64_t attempt) override {
    outcomes.push_back({study, trial, attempt, 0, ""});
  }
  void OnRevoked(const std::string& study, std::int64_t trial, std::int64_t attempt,
                 const std::string& reason) override {
    revoked.push_back({study, trial, attempt, 0, reason});
  }
  void OnDrained() override { leases_before_drained = leases.size(); }
  void OnClosed(absl::Status why) override { closed = std::move(why); }

  Coordinator::SessionId session = 0;
  std::vector<Lease> leases;
  std::vector<Ack> stored, outcomes, revoked;
  std::optional<std::size_t> leases_before_drained;
  std::optional<absl::Status> closed;
};

class World {
 public:
  World();

  Coordinator& operator*() { return *coordinator_; }
  Coordinator* operator->() { return coordinator_.get(); }
  testing::HandStrand strand;
  study::StrandBackground background{strand};
  testing::HandClock clock;
  testing::MemoryStore store{strand};
  std::vector<Event> events;

  // The process is killed and started anew over what is stored; sessions are gone.
  void Crash();
  // Time passes, in ticks of a second.
  void Pass(int seconds);
  // Commits and runs all that is under way.
  void Run();

  // A hello of a worker with the data set of SpecOf, fit for any change before Connect.
  static WorkerHello Hello(const std::string& name = "w", std::int64_t slots = 1);
  std::shared_ptr<FakeWorker> Connect(const WorkerHello& hello = Hello());
  // Connects and says that all slots are free.
  std::shared_ptr<FakeWorker> Start(const WorkerHello& hello = Hello());

  absl::StatusOr<StudyRecord> Create(const StudyText& text, const std::string& request = "");
  absl::StatusOr<StudyRecord> Change(const std::string& study, Action action, const std::string& request = "");
  absl::StatusOr<StudyRecord> Extend(const std::string& study, const Extension& extension,
                                     const std::string& request = "");
  absl::StatusOr<StudyRecord> Refine(const std::string& study, const Refining& refining,
                                     const std::string& request = "");
  StudyRecord Study(const std::string& name = "s");
  TrialRecord Trial(std::int64_t number, std::int64_t study = 1);

  // Epochs [from, to] of a lease, as training gives them.
  void Report(FakeWorker& worker, const Lease& lease, std::int64_t from, std::int64_t to);
  void Finish(FakeWorker& worker, const Lease& lease, TrialOutcome::Kind kind = TrialOutcome::Kind::kCompleted,
              const std::string& reason = "");
  // The whole trial, and the slot is free again.
  void Train(FakeWorker& worker, const Lease& lease);
  // Trains whatever the worker is leased until nothing more comes; the trials, in order.
  std::vector<std::int64_t> TrainAll(FakeWorker& worker);
  // Until study "s" has ended, killed behind each trial: odd lives end with one under way, which is trained again.
  void TrainThroughCrashes();

 private:
  void Begin();
  absl::StatusOr<StudyRecord> Await(std::optional<absl::StatusOr<StudyRecord>>& answer);

  std::unique_ptr<Coordinator> coordinator_;
  int requests_ = 0;
};

}  // namespace hpsearch::study
