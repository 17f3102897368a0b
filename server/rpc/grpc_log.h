// gRPC's own log lines go where ours go, a level lower: what matters of them comes back as a status.
// No state but gRPC's own. Any thread; no errors.
#pragma once

namespace hpsearch::rpc {

// For the whole process; may be called again.
void RouteGrpcLog();

}  // namespace hpsearch::rpc
