// One lease, from its message to its outcome: decodes it, takes the data, trains epoch by epoch.
//
// Threads: Train from any, each on one that called train::UseOneThread; the catalog is shared, the offers are not
// changed. No errors: what goes wrong is the outcome.
#pragma once

#include <atomic>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "google/protobuf/repeated_ptr_field.h"
#include "hpsearch/v1/worker_service.pb.h"
#include "worker/agent/slots.h"
#include "worker/data/catalog.h"

namespace hpsearch::agent {

class TrialTrainer {
 public:
  TrialTrainer(std::shared_ptr<data::Catalog> catalog,
               const google::protobuf::RepeatedPtrField<v1::DatasetOffer>& offers);

  TrialEnd Train(const v1::Lease& lease, const std::atomic<bool>& cancelled,
                 const std::function<void(v1::Epoch)>& report) const;

 private:
  // The set as it was offered, or why it cannot be had. `key` was offered.
  absl::StatusOr<std::shared_ptr<const data::Dataset>> Take(const std::string& key) const;

  std::shared_ptr<data::Catalog> catalog_;
  std::map<std::string, std::string> hashes_;  // of the sets that were offered, by key; empty where damaged
};

}  // namespace hpsearch::agent
