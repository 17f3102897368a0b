// One lease, from its message to its outcome: decodes it, takes the data, goes on from its checkpoint where there
// is one, trains epoch by epoch.
//
// Threads: from any, each on one that called train::UseOneThread. Ownership: borrows offers and folder. No errors:
// what goes wrong is the outcome.
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <variant>

#include "hpsearch/v1/worker_service.pb.h"
#include "worker/agent/checkpoint_folder.h"
#include "worker/agent/offers.h"
#include "worker/agent/slots.h"
#include "worker/train/trainer.h"

namespace hpsearch::agent {

class TrialTrainer {
 public:
  // `offers_changed` is called where a lease's data is no longer what was offered, before Train returns.
  TrialTrainer(Offers& offers, const CheckpointFolder& checkpoints, std::function<void()> offers_changed);

  TrialEnd Train(const v1::Lease& lease, const std::atomic<bool>& cancelled,
                 const std::function<void(v1::Epoch)>& report) const;
  // The lease's trainer before its first epoch; or how the lease ends without one.
  std::variant<std::unique_ptr<train::Trainer>, TrialEnd> Prepare(const v1::Lease& lease) const;

 private:
  Offers& offers_;
  const CheckpointFolder& checkpoints_;
  const std::function<void()> offers_changed_;
};

}  // namespace hpsearch::agent
