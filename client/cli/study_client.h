// Changes studies: creates them and moves them through their life cycle, over a server's channel. Each change has
// a request id of its own, so that it can be sent again after a lost answer.
//
// Threads: one at a time. Errors: the server's; UNAVAILABLE where it is not reached, and does
// not come back within some seconds; INVALID_ARGUMENT, ALREADY_EXISTS.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "client/cli/target.h"
#include "server/store/study_reader.h"
#include "server/study/coordinator.h"
#include "server/study/spec.h"

namespace grpc {
class Channel;
}

namespace hpsearch::cli {

enum class Change { kPause, kResume, kStop, kCancel };

struct Created {
  store::StudyRow study;
  bool existed = false;  // an equal one was there already
};

class StudyClient {
 public:
  // `target`: what the channel leads to.
  StudyClient(const std::shared_ptr<grpc::Channel>& channel, Target target);
  ~StudyClient();

  // `validate_only`: the server checks, nothing is made.
  absl::StatusOr<Created> Create(const study::StudySpec& spec, bool validate_only);
  absl::StatusOr<store::StudyRow> Apply(Change change, const std::string& study);
  absl::StatusOr<store::StudyRow> Extend(const std::string& study, const study::Extension& extension);
  absl::StatusOr<store::StudyRow> Refine(const std::string& study, const study::Refining& refining);

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::cli
