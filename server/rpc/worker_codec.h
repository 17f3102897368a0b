// What workers and coordinator say to each other, as messages and as study/worker_link.h has it. What comes
// from a worker is bounded here before it is copied; what an epoch, a name or a number of slots may be,
// server/study says. Pure; any thread. Errors: INVALID_ARGUMENT names the field, what it holds and what would be
// right; INTERNAL (a lease that the messages cannot spell).
#pragma once

#include <cstdint>
#include <deque>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"
#include "hpsearch/v1/worker_service.pb.h"
#include "server/study/worker_link.h"

namespace hpsearch::rpc {

struct ReadySlots {
  std::int64_t slots = 0;
};
struct SignOfLife {};
struct DrainRequest {};

// What a worker says.
using WorkerInput = std::variant<study::WorkerHello, ReadySlots, std::vector<study::EpochReport>,
                                 study::TrialOutcome, SignOfLife, DrainRequest>;

absl::StatusOr<WorkerInput> ReadWorkerMessage(const v1::WorkerMessage& message);  // not of `several`
// One, or what a message of several holds, in its order.
absl::StatusOr<std::vector<WorkerInput>> ReadWorkerMessages(const v1::WorkerMessage& message);

// What goes out next as one message of several, or as itself where it is alone: at most 256, and a lease, which
// may be large, is the last of them. Requires one at least.
v1::CoordinatorMessage TakeTogether(std::deque<v1::CoordinatorMessage>& waiting);

absl::StatusOr<v1::Lease> ToMessage(const study::Lease& lease);

}  // namespace hpsearch::rpc
