// A coordinator over a store in memory, as the fuzzers of messages have it: workers are links that write down what
// they are told, time passes when the harness says so, a crash leaves what is stored.
//
// Threads: one. Errors: std::abort through Require.
#pragma once

#include <spdlog/spdlog.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "server/study/coordinator.h"
#include "server/study/strand_background.h"
#include "tests/fuzz/input.h"
#include "tests/support/hand_strand.h"
#include "tests/support/memory_store.h"

namespace hpsearch::fuzz {

class Coordinated {
 public:
  struct Link : study::WorkerLink {
    explicit Link(const testing::MemoryStore& stored) : store(stored) {}
    void OnLease(const study::Lease& lease) override { leases.push_back(lease); }
    void OnEpochsStored(const std::string& study, std::int64_t trial, std::int64_t /*attempt*/,
                        std::int64_t epoch) override {
      const std::int64_t id = IdOf(study);
      Require(std::ssize(store.Epochs(id, trial)) >= epoch, "an epoch that is acknowledged is stored");
    }
    void OnOutcomeStored(const std::string& study, std::int64_t trial, std::int64_t attempt) override {
      const auto row = store.trials().find({IdOf(study), trial});
      Require(row != store.trials().end() && row->second.attempt >= attempt,
              "an outcome that is acknowledged was");
    }
    void OnRevoked(const std::string& /*study*/, std::int64_t /*trial*/, std::int64_t /*attempt*/,
                   const std::string& /*reason*/) override {}
    void OnDrained() override {}
    void OnClosed(absl::Status why) override { closed = std::move(why); }

    std::int64_t IdOf(const std::string& study) {
      const auto record = const_cast<testing::MemoryStore&>(store).FindStudy(study);
      return record.ok() ? record->id : 0;
    }

    const testing::MemoryStore& store;
    study::Coordinator::SessionId session = 0;
    std::vector<study::Lease> leases;
    absl::Status closed;
  };

  Coordinated() {
    spdlog::set_level(spdlog::level::off);  // a store that fails is told of, a thousand times a second
    Begin();
  }
  study::Coordinator* operator->() { return coordinator_.get(); }

  // nullptr: the hello was refused.
  std::shared_ptr<Link> Connect(study::WorkerHello hello) {
    auto link = std::make_shared<Link>(store);
    const std::int64_t slots = hello.slots;
    const auto session = coordinator_->Connect(link, std::move(hello));
    if (!session.ok()) return nullptr;
    link->session = *session;
    coordinator_->Ready(*session, slots);
    strand.RunAll();
    return link;
  }
  void Crash() {
    coordinator_.reset();
    store.DropWaiting();
    strand.DropAll();
    Begin();
  }
  // What must hold of the rows whatever anyone has said.
  void CheckRows() {
    for (const auto& [key, row] : store.trials()) {
      const auto epochs = store.Epochs(key.first, key.second);
      std::int64_t next = 1;
      for (const auto& [number, epoch] : epochs) Require(number == next++, "epochs have no gap");
      Require(row.epochs == std::ssize(epochs), "a trial has as many epochs as it says");
      Require(row.epochs <= row.epochs_planned, "a trial has no more epochs than are planned");
      Require(row.state != study::TrialState::kCompleted || row.objective, "what is COMPLETED has an objective");
    }
  }

  testing::HandStrand strand;
  study::StrandBackground background{strand};
  testing::HandClock clock;
  testing::MemoryStore store{strand};

 private:
  void Begin() {
    coordinator_ =
        std::make_unique<study::Coordinator>(store, clock, background, [](const study::Event& /*event*/) {});
    Require(coordinator_->Recover().ok(), "what is stored is recovered");
    strand.RunAll();
  }

  std::unique_ptr<study::Coordinator> coordinator_;
};

}  // namespace hpsearch::fuzz
