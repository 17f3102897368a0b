// worker/agent/worker_state.h and lease_codec.h: any bytes as what a coordinator says to a worker, one message
// behind the other. What the worker then says is small, and of leases that it was given.
#include <algorithm>
#include <chrono>
#include <set>

#include "hpsearch/v1/worker_service.pb.h"
#include "server/model/fault.h"
#include "server/model/network.h"
#include "tests/fuzz/input.h"
#include "worker/agent/lease_codec.h"
#include "worker/agent/worker_state.h"

namespace {

using hpsearch::agent::IdOf;
using hpsearch::agent::LeaseId;
using hpsearch::fuzz::Input;
using hpsearch::fuzz::Require;
namespace v1 = hpsearch::v1;

constexpr std::int64_t kSlots = 2;

class Worker {
 public:
  Worker() {
    state_.Connecting(std::chrono::seconds(9), std::chrono::seconds(9));
    state_.Written();
  }

  // As agent::Session does it.
  void Handle(const v1::CoordinatorMessage& message) {
    switch (message.kind_case()) {
      case v1::CoordinatorMessage::kWelcome:
        return state_.Welcomed(std::chrono::seconds(60));
      case v1::CoordinatorMessage::kLease:
        if (state_.Accept(IdOf(message.lease()), std::chrono::seconds(60))) Train(message.lease());
        given_.insert(IdOf(message.lease()));
        return;
      case v1::CoordinatorMessage::kEpochsStored:
        return state_.EpochsStored(IdOf(message.epochs_stored()), message.epochs_stored().epoch());
      case v1::CoordinatorMessage::kOutcomeStored:
        return state_.OutcomeStored(IdOf(message.outcome_stored()));
      case v1::CoordinatorMessage::kRevoked:
        return state_.Revoked(IdOf(message.revoked()));
      case v1::CoordinatorMessage::kDrained:
        return state_.Drained();
      case v1::CoordinatorMessage::kSeveral:
        for (const v1::CoordinatorMessage& each : message.several().messages()) {
          if (!each.has_several()) Handle(each);
        }
        return;
      case v1::CoordinatorMessage::KIND_NOT_SET:
        return;
    }
  }

  void Speak() {
    v1::WorkerMessage message;
    for (int i = 0; i < 64 && state_.More(&message); ++i) {
      Require(message.ready().slots() <= kSlots, "no more slots are ready than there are");
      if (message.has_outcome()) Require(given_.contains(IdOf(message.outcome())), "an outcome is of a lease");
      for (const v1::EpochReport& report : message.reports().reports()) {
        Require(given_.contains(IdOf(report)), "epochs are of a lease");
      }
    }
  }

 private:
  // What is made of a lease before there is data, and a few epochs.
  void Train(const v1::Lease& lease) {
    const auto trial = hpsearch::agent::DecodeLease(lease);
    if (!trial.ok()) return state_.Finish(IdOf(lease), v1::Outcome::FAILED, std::string(trial.status().message()));
    hpsearch::model::Faults faults;
    hpsearch::model::ReadNetwork(trial->model, {28, 28}, faults);
    for (std::int64_t epoch = 1; epoch <= std::min<std::int64_t>(lease.epochs(), 3); ++epoch) {
      v1::Epoch report;
      report.set_epoch(epoch);
      state_.Report(IdOf(lease), std::move(report));
    }
    state_.Finish(IdOf(lease), faults.empty() ? v1::Outcome::COMPLETED : v1::Outcome::FAILED, "");
  }

  hpsearch::agent::WorkerState state_{kSlots};
  std::set<LeaseId> given_;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Worker worker;
  for (const Input part : hpsearch::fuzz::Cut({data, size})) {
    v1::CoordinatorMessage message;
    if (!message.ParseFromArray(part.data(), static_cast<int>(part.size()))) continue;
    worker.Handle(message);
    worker.Speak();
  }
  return 0;
}
