#include "tests/server/rpc/served.h"

#include <gtest/gtest.h>

#include <chrono>
#include <future>
#include <utility>

#include "client/channel/channel.h"
#include "proto/codec/document_codec.h"
#include "server/model/json.h"
#include "tests/server/rpc/fake_worker.h"

namespace hpsearch::testing {

std::unique_ptr<grpc::ClientContext> Context() {
  auto context = std::make_unique<grpc::ClientContext>();
  context->set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
  return context;
}

v1::StudySpec SmallStudy(const std::string& name, int rounds) {
  absl::StatusOr<model::Node> document = model::FromJson(R"({
    "dataset": "tiny-set",
    "model": [{"dropout": {"rate": "$dropout"}}, {"dense": {"units": 3, "activation": "softmax"}}],
    "training": {"epochs": 2, "optimizer": {"sgd": {"learning_rate": "$learning_rate"}}},
    "parameters": {"learning_rate": {"logspace": {"start": -2, "stop": -1, "num": 2}},
                   "dropout": {"values": [0.0, 0.5]}}
  })");
  EXPECT_TRUE(document.ok()) << document.status();
  document->Set("study", name);
  document->Set("search", model::Node::Mapping{{"refine", model::Node::Mapping{{"rounds", rounds}}}});
  v1::StudySpec spec;
  const absl::Status status = codec::FromDocument(*document, &spec);
  EXPECT_TRUE(status.ok()) << status;
  return spec;
}

Served::Served(bool listen, const rpc::ServerLimits& limits) : listen_(listen), limits_(limits) { Start(); }

void Served::Start() {
  rpc::ServerOptions options;
  options.database = database();
  options.limits = limits_;
  if (listen_) options.listen = "127.0.0.1:0";
  absl::StatusOr<std::unique_ptr<rpc::Server>> server = rpc::Server::Start(options);
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
  channel_ = listen_ ? client::OpenChannel(server_->address()).value() : server_->InProcessChannel();
  studies_ = v1::StudyService::NewStub(channel_);
}

void Served::Restart() {
  server_.reset();
  Start();
}

void Served::Restart(const rpc::ServerLimits& limits) {
  limits_ = limits;
  Restart();
}

grpc::Status Served::Create(const v1::StudySpec& spec, const std::string& request_id,
                            v1::CreateStudyResponse* response) {
  v1::CreateStudyRequest request;
  request.set_request_id(request_id);
  *request.mutable_spec() = spec;
  return studies_->CreateStudy(Context().get(), request, response);
}

v1::Study Served::Create(const v1::StudySpec& spec) {
  v1::CreateStudyResponse response;
  const grpc::Status status = Create(spec, "create " + spec.study(), &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.study();
}

v1::Study Served::Get(const std::string& study) {
  v1::GetStudyRequest request;
  request.set_name("studies/" + study);
  v1::Study answer;
  const grpc::Status status = studies_->GetStudy(Context().get(), request, &answer);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return answer;
}

v1::Study Served::RunToEnd(const v1::StudySpec& spec) {
  Create(spec);
  FakeWorker worker(channel_);
  worker.Greet(HelloOf("w"));
  std::future<void> work = std::async(std::launch::async, [&] { worker.Work(); });
  v1::Study study = AwaitEnd(spec.study());
  worker.Leave();
  work.wait();
  return study;
}

v1::Study Served::AwaitEnd(const std::string& study) {
  v1::WatchStudyRequest request;
  request.set_name("studies/" + study);
  const std::unique_ptr<grpc::ClientContext> context = Context();
  const auto stream = studies_->WatchStudy(context.get(), request);
  for (v1::StudyEvent event; stream->Read(&event);) {
  }
  const grpc::Status status = stream->Finish();
  EXPECT_TRUE(status.ok()) << status.error_message();
  return Get(study);
}

}  // namespace hpsearch::testing
