#include "client/cli/study_client.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <chrono>

#include "client/channel/request_id.h"
#include "client/cli/messages.h"
#include "hpsearch/v1/study_service.grpc.pb.h"
#include "proto/codec/document_codec.h"

namespace hpsearch::cli {
namespace {

constexpr std::chrono::seconds kDeadline(30);
// A change that found no server is sent again, with the same id, to one that is there after so long: what a
// restart takes.
constexpr std::chrono::seconds kPatience(5);
constexpr int kAttempts = 3;

}  // namespace

class StudyClient::Impl {
 public:
  Impl(std::shared_ptr<grpc::Channel> channel, Target target)
      : channel_(std::move(channel)), stub_(v1::StudyService::NewStub(channel_)), target_(std::move(target)) {}

  template <class Method, class Request, class Response>
  absl::Status Call(Method method, const Request& request, Response& response) {
    const auto call = [&] {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kDeadline);
      return (stub_.get()->*method)(&context, request, &response);
    };
    const auto until = std::chrono::system_clock::now() + kPatience;
    grpc::Status status = call();
    // This process's own server does not come and go.
    const int attempts = target_.kind == Target::Kind::kServer ? kAttempts : 1;
    for (int attempt = 1; attempt < attempts && status.error_code() == grpc::StatusCode::UNAVAILABLE &&
                          channel_->WaitForConnected(until);
         ++attempt) {
      status = call();
    }
    return ToStatus(status, target_);
  }

 private:
  std::shared_ptr<grpc::Channel> channel_;
  std::unique_ptr<v1::StudyService::Stub> stub_;
  Target target_;
};

StudyClient::StudyClient(const std::shared_ptr<grpc::Channel>& channel, Target target)
    : impl_(std::make_unique<Impl>(channel, std::move(target))) {}

StudyClient::~StudyClient() = default;

absl::StatusOr<Created> StudyClient::Create(const study::StudySpec& spec, bool validate_only) {
  v1::CreateStudyRequest request;
  request.set_request_id(client::NewRequestId());
  request.set_validate_only(validate_only);
  if (absl::Status status = codec::FromDocument(spec.document, request.mutable_spec()); !status.ok())
    return status;
  v1::CreateStudyResponse response;
  absl::Status status = impl_->Call(&v1::StudyService::Stub::CreateStudy, request, response);
  if (absl::IsAlreadyExists(status)) {
    return absl::AlreadyExistsError(
        fmt::format("{}; --name NAME gives this one another name", std::string(status.message())));
  }
  if (!status.ok()) return status;
  return Created{ToRow(response.study()), response.existed()};
}

absl::StatusOr<store::StudyRow> StudyClient::Extend(const std::string& study, const study::Extension& extension) {
  v1::ExtendStudyRequest request;
  request.set_name(StudyResource(study));
  request.set_request_id(client::NewRequestId());
  request.set_epochs(extension.epochs);
  if (extension.trial) request.set_trial(*extension.trial);
  if (extension.best) request.set_best(*extension.best);
  v1::Study response;
  const absl::Status status = impl_->Call(&v1::StudyService::Stub::ExtendStudy, request, response);
  if (!status.ok()) return status;
  return ToRow(response);
}

absl::StatusOr<store::StudyRow> StudyClient::Refine(const std::string& study, const study::Refining& refining) {
  v1::RefineStudyRequest request;
  request.set_name(StudyResource(study));
  request.set_request_id(client::NewRequestId());
  request.mutable_around()->Add(refining.around.begin(), refining.around.end());
  for (const auto& [name, value] : refining.at) {
    if (absl::Status status = codec::FromDocument(value, &(*request.mutable_at())[name]); !status.ok())
      return status;
  }
  if (refining.num) request.set_num(*refining.num);
  v1::Study response;
  const absl::Status status = impl_->Call(&v1::StudyService::Stub::RefineStudy, request, response);
  if (!status.ok()) return status;
  return ToRow(response);
}

absl::StatusOr<store::StudyRow> StudyClient::Apply(Change change, const std::string& study) {
  v1::ChangeStudyRequest request;
  request.set_name(StudyResource(study));
  request.set_request_id(client::NewRequestId());
  v1::Study response;
  const auto apply = [&](auto method) { return impl_->Call(method, request, response); };
  absl::Status status;
  switch (change) {
    case Change::kPause:
      status = apply(&v1::StudyService::Stub::PauseStudy);
      break;
    case Change::kResume:
      status = apply(&v1::StudyService::Stub::ResumeStudy);
      break;
    case Change::kStop:
      status = apply(&v1::StudyService::Stub::StopStudy);
      break;
    case Change::kCancel:
      status = apply(&v1::StudyService::Stub::CancelStudy);
      break;
  }
  if (!status.ok()) return status;
  return ToRow(response);
}

}  // namespace hpsearch::cli
