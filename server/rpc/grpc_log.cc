#include "server/rpc/grpc_log.h"

#include <grpc/support/log.h>
#include <spdlog/spdlog.h>

namespace hpsearch::rpc {
namespace {

void Log(gpr_log_func_args* line) {
  const auto level = line->severity == GPR_LOG_SEVERITY_ERROR ? spdlog::level::debug : spdlog::level::trace;
  spdlog::log(level, "grpc: {}", line->message);
}

}  // namespace

void RouteGrpcLog() { gpr_set_log_function(&Log); }

}  // namespace hpsearch::rpc
