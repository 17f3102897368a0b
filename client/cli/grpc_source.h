// Reads from a server. A watch whose stream breaks is taken up again while the server comes back, and tells what
// happened meanwhile.
#pragma once

#include <memory>

#include "client/cli/study_source.h"
#include "client/cli/target.h"

namespace grpc {
class Channel;
}

namespace hpsearch::cli {

// `target`: what the channel leads to, for errors.
std::unique_ptr<StudySource> OpenGrpcSource(const std::shared_ptr<grpc::Channel>& channel, Target target);

}  // namespace hpsearch::cli
