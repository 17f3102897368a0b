// One lease, from its message to its outcome: decodes it, takes the data, trains epoch by epoch.
//
// Threads: Train from any, each on one that called train::UseOneThread. Ownership: borrows the offers. No errors:
// what goes wrong is the outcome.
#pragma once

#include <atomic>
#include <functional>

#include "hpsearch/v1/worker_service.pb.h"
#include "worker/agent/offers.h"
#include "worker/agent/slots.h"

namespace hpsearch::agent {

class TrialTrainer {
 public:
  // `offers_changed` is called where a lease's data is no longer what was offered, before Train returns.
  TrialTrainer(Offers& offers, std::function<void()> offers_changed);

  TrialEnd Train(const v1::Lease& lease, const std::atomic<bool>& cancelled,
                 const std::function<void(v1::Epoch)>& report) const;

 private:
  Offers& offers_;
  const std::function<void()> offers_changed_;
};

}  // namespace hpsearch::agent
