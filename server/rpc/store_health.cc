#include "server/rpc/store_health.h"

#include <fmt/format.h>

namespace hpsearch::rpc {

void StoreHealth::Set(const absl::Status& health) {
  const std::lock_guard lock(mutex_);
  why_ = std::string(health.message());
}

void StoreHealth::Amend(v1::Study* study) const {
  if (study->state() != v1::STUDY_STATE_RUNNING) return;
  const std::lock_guard lock(mutex_);
  if (why_.empty()) return;
  study->set_state(v1::STUDY_STATE_PAUSED);
  study->set_reason(fmt::format("nothing can be stored ({}); goes on by itself once it can", why_));
}

void StoreHealth::Amend(v1::ListStudiesResponse* studies) const {
  for (v1::Study& study : *studies->mutable_studies()) Amend(&study);
}

}  // namespace hpsearch::rpc
