// Reads from a server. A watch whose stream breaks is taken up again while the server comes back.
#pragma once

#include <memory>
#include <string>

#include "client/cli/study_source.h"

namespace grpc {
class Channel;
}

namespace hpsearch::cli {

// `address` is for messages.
std::unique_ptr<StudySource> OpenGrpcSource(const std::shared_ptr<grpc::Channel>& channel, std::string address);

}  // namespace hpsearch::cli
