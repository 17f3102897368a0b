// Whether the coordinator can store, for reads, which come from the file and not from it. While it cannot, a
// RUNNING study is told as PAUSED, with the reason: that is in memory alone, since the file does not take it.
//
// Threads: any. Owned by the server. No errors.
#pragma once

#include <mutex>
#include <string>

#include "absl/status/status.h"
#include "hpsearch/v1/study_service.pb.h"

namespace hpsearch::rpc {

class StoreHealth {
 public:
  void Set(const absl::Status& health);

  void Amend(v1::Study* study) const;
  void Amend(v1::ListStudiesResponse* studies) const;
  // Of other reads there is nothing to amend.
  void Amend(const void* /*response*/) const {}

 private:
  mutable std::mutex mutex_;  // guards why_
  std::string why_;           // empty: all is well
};

}  // namespace hpsearch::rpc
