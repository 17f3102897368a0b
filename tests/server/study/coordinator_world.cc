#include "tests/server/study/coordinator_world.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <utility>

namespace hpsearch::study {

std::shared_ptr<const StudySpec> SpecOf(const StudyText& text) {
  const auto spec = ReadSpec(fmt::format(
      R"({{"study":"{}","dataset":{},"objective":{},"model":{},)"
      R"("training":{{"epochs":{},"metrics":{},"optimizer":{{"sgd":{{"learning_rate":"$rate"}}}},"instruction_set":"{}"{}}},)"
      R"("parameters":{{"rate":{}}},"search":{},"limits":{}{}}})",
      text.name, text.dataset, text.objective, text.model, text.epochs, text.metrics, text.instruction_set,
      text.training, text.rates, text.search, text.limits, text.more));
  EXPECT_TRUE(spec.ok()) << spec.status();
  return spec.value();
}

double RateOf(const Lease& lease) {
  const model::Node& rate = *lease.plan.training.Find("optimizer")->Find("sgd")->Find("learning_rate");
  return std::get<double>(rate.scalar());
}

EpochRecord PlayedEpoch(double rate, std::int64_t epoch) {
  EpochRecord played;
  played.epoch = epoch;
  played.validation_error =
      std::min(1.0, std::abs(std::log10(rate / 0.05)) / 8 + 0.1 / static_cast<double>(epoch));
  played.validation_loss = 2 * played.validation_error;
  played.train_error = played.validation_error / 2;
  played.train_loss = played.validation_error;
  played.learning_rate = rate;
  played.seconds = 0.25;
  return played;
}

World::World() { Begin(); }

void World::Begin() {
  coordinator_ = std::make_unique<Coordinator>(store, clock, background,
                                               [this](const Event& event) { events.push_back(event); });
  const absl::Status status = coordinator_->Recover();
  EXPECT_TRUE(status.ok()) << status;
  strand.RunAll();
}

void World::Crash() {
  coordinator_.reset();
  store.DropWaiting();
  strand.DropAll();
  Begin();
}

void World::Pass(int seconds) {
  for (int i = 0; i < seconds; ++i) {
    clock.Advance(1);
    coordinator_->Tick();
  }
}

void World::Run() {
  do {
    strand.RunAll();
  } while (store.CommitOne());
}

WorkerHello World::Hello(const std::string& name, std::int64_t slots) {
  WorkerHello hello;
  hello.name = name;
  hello.instance = name + "-1";
  hello.slots = slots;
  hello.numerics_digest = "digest";
  hello.datasets = {{.key = "digits", .hash = "hash", .shape = {{4}, 2, 60, 10}}};
  return hello;
}

std::shared_ptr<FakeWorker> World::Connect(const WorkerHello& hello) {
  auto worker = std::make_shared<FakeWorker>();
  const absl::StatusOr<Coordinator::SessionId> session = coordinator_->Connect(worker, hello);
  EXPECT_TRUE(session.ok()) << session.status();
  worker->session = session.value_or(0);
  Run();
  return worker;
}

std::shared_ptr<FakeWorker> World::Start(const WorkerHello& hello) {
  auto worker = Connect(hello);
  coordinator_->Ready(worker->session, hello.slots);
  Run();
  return worker;
}

absl::StatusOr<StudyRecord> World::Await(std::optional<absl::StatusOr<StudyRecord>>& answer) {
  Run();
  if (!answer) return absl::DeadlineExceededError("no answer came");
  return *answer;
}

absl::StatusOr<StudyRecord> World::Create(const StudyText& text, const std::string& request) {
  std::optional<absl::StatusOr<StudyRecord>> answer;
  coordinator_->CreateStudy(request.empty() ? fmt::format("request-{}", ++requests_) : request, SpecOf(text),
                            [&](absl::StatusOr<StudyRecord> record) { answer = std::move(record); });
  return Await(answer);
}

absl::StatusOr<StudyRecord> World::Change(const std::string& study, Action action, const std::string& request) {
  std::optional<absl::StatusOr<StudyRecord>> answer;
  coordinator_->ChangeState(request.empty() ? fmt::format("request-{}", ++requests_) : request, study, action,
                            [&](absl::StatusOr<StudyRecord> record) { answer = std::move(record); });
  return Await(answer);
}

absl::StatusOr<StudyRecord> World::Extend(const std::string& study, const Extension& extension,
                                          const std::string& request) {
  std::optional<absl::StatusOr<StudyRecord>> answer;
  coordinator_->ExtendStudy(request.empty() ? fmt::format("request-{}", ++requests_) : request, study, extension,
                            [&](absl::StatusOr<StudyRecord> record) { answer = std::move(record); });
  return Await(answer);
}

absl::StatusOr<StudyRecord> World::Refine(const std::string& study, const Refining& refining,
                                          const std::string& request) {
  std::optional<absl::StatusOr<StudyRecord>> answer;
  coordinator_->RefineStudy(request.empty() ? fmt::format("request-{}", ++requests_) : request, study, refining,
                            [&](absl::StatusOr<StudyRecord> record) { answer = std::move(record); });
  return Await(answer);
}

StudyRecord World::Study(const std::string& name) { return store.FindStudy(name).value(); }

TrialRecord World::Trial(std::int64_t number, std::int64_t study) {
  return store.FindTrial(study, number).value();
}

void World::Report(FakeWorker& worker, const Lease& lease, std::int64_t from, std::int64_t to) {
  EpochReport report{lease.study, lease.trial, lease.attempt, {}};
  for (std::int64_t epoch = from; epoch <= to; ++epoch) report.epochs.push_back(PlayedEpoch(RateOf(lease), epoch));
  coordinator_->Report(worker.session, std::move(report));
  Run();
}

void World::Finish(FakeWorker& worker, const Lease& lease, TrialOutcome::Kind kind, const std::string& reason) {
  coordinator_->Finish(worker.session, {lease.study, lease.trial, lease.attempt, kind, reason});
  Run();
}

void World::Train(FakeWorker& worker, const Lease& lease) {
  Report(worker, lease, 1, lease.epochs);
  Finish(worker, lease);
  coordinator_->Ready(worker.session, 1);
  Run();
}

std::vector<std::int64_t> World::TrainAll(FakeWorker& worker) {
  std::vector<std::int64_t> trained;
  while (!worker.leases.empty()) {
    const Lease lease = worker.leases.front();
    worker.leases.erase(worker.leases.begin());
    trained.push_back(lease.trial);
    Train(worker, lease);
  }
  return trained;
}

void World::TrainThroughCrashes() {
  for (int life = 0; life < 40 && Study().state == StudyState::kRunning; ++life) {
    WorkerHello hello = Hello();
    hello.instance = std::to_string(life);
    const auto worker = Start(hello);
    if (life % 2 == 0 && !worker->leases.empty()) {
      const Lease lease = worker->leases.front();
      Report(*worker, lease, 1, 2);
      Finish(*worker, lease);
    }
    Crash();
  }
  EXPECT_EQ(Study().state, StudyState::kCompleted);
}

}  // namespace hpsearch::study
