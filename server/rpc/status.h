// The one place where our statuses become gRPC's. Codes are the same; a message is cut, at a line's end, to what
// fits the 8 KB of trailers that every gRPC client takes. Pure; any thread.
#pragma once

#include <grpcpp/support/status.h>

#include "absl/status/status.h"

namespace hpsearch::rpc {

grpc::Status ToGrpc(const absl::Status& status);

}  // namespace hpsearch::rpc
