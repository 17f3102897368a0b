// A server of a test's own, over a temporary database and a loopback socket, and stubs to it. Calls have a
// deadline, so that a test that waits in vain fails.
#pragma once

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>

#include <memory>
#include <string>

#include "hpsearch/v1/study_service.grpc.pb.h"
#include "hpsearch/v1/worker_service.grpc.pb.h"
#include "server/rpc/server.h"
#include "tests/server/store/temp_folder.h"

namespace hpsearch::testing {

// A client's context that gives up after half a minute.
std::unique_ptr<grpc::ClientContext> Context();

// Four points (two learning rates, two dropouts) of two epochs; one more round with `rounds` 2.
v1::StudySpec SmallStudy(const std::string& name, int rounds = 1);

class Served {
 public:
  explicit Served(bool listen = true, const rpc::ServerLimits& limits = {});

  // Stops the server and starts another on the same file.
  void Restart();
  void Restart(const rpc::ServerLimits& limits);

  rpc::Server& server() { return *server_; }
  v1::StudyService::Stub& studies() { return *studies_; }
  std::shared_ptr<grpc::Channel> channel() { return channel_; }
  std::string database() const { return folder_.File("studies.db"); }

  grpc::Status Create(const v1::StudySpec& spec, const std::string& request_id, v1::CreateStudyResponse* response);
  // Creates it and expects that it succeeds.
  v1::Study Create(const v1::StudySpec& spec);
  v1::Study Get(const std::string& study);
  // Runs it to its end with a worker "w" that reports known curves.
  v1::Study RunToEnd(const v1::StudySpec& spec);
  // Waits until the study has ended; as it stands then.
  v1::Study AwaitEnd(const std::string& study);

 private:
  void Start();

  TempFolder folder_;
  const bool listen_;
  rpc::ServerLimits limits_;
  std::unique_ptr<rpc::Server> server_;
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::StudyService::Stub> studies_;
};

}  // namespace hpsearch::testing
