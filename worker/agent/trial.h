// One lease, from its message to its outcome: decodes it, takes the data, goes on from its checkpoint where there
// is one, trains epoch by epoch, and hands it back behind one where the worker is to end.
//
// Threads: from any, each on one that called train::UseOneThread. Ownership: borrows offers, folder and the
// handover's. No errors: what goes wrong is the outcome.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <variant>

#include "hpsearch/v1/worker_service.pb.h"
#include "worker/agent/checkpoint_courier.h"
#include "worker/agent/checkpoint_folder.h"
#include "worker/agent/offers.h"
#include "worker/agent/slots.h"
#include "worker/train/trainer.h"

namespace hpsearch::agent {

// How trials leave a worker before their end, and come to it. Neither: they do not.
struct Handover {
  CheckpointCourier* courier = nullptr;
  const std::atomic<bool>* draining = nullptr;  // set: each is handed back behind its epoch
};

class TrialTrainer {
 public:
  // `offers_changed` is called where a lease's data is no longer what was offered, before Train returns.
  TrialTrainer(Offers& offers, const CheckpointFolder& checkpoints, std::function<void()> offers_changed,
               Handover handover = {});

  TrialEnd Train(const v1::Lease& lease, const std::atomic<bool>& cancelled,
                 const std::function<void(v1::Epoch)>& report) const;
  // The lease's trainer before its first epoch; or how the lease ends without one.
  std::variant<std::unique_ptr<train::Trainer>, TrialEnd> Prepare(const v1::Lease& lease) const;

 private:
  Offers& offers_;
  const CheckpointFolder& checkpoints_;
  const std::function<void()> offers_changed_;
  const Handover handover_;
};

}  // namespace hpsearch::agent
