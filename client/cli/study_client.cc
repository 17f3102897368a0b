#include "client/cli/study_client.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <random>

#include "client/cli/messages.h"
#include "hpsearch/v1/study_service.grpc.pb.h"
#include "proto/codec/document_codec.h"

namespace hpsearch::cli {
namespace {

constexpr std::chrono::seconds kDeadline(30);
// A change that found no server is sent again with the same id.
constexpr int kAttempts = 3;

std::string RandomId() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
}

}  // namespace

class StudyClient::Impl {
 public:
  Impl(const std::shared_ptr<grpc::Channel>& channel, std::string address)
      : stub_(v1::StudyService::NewStub(channel)), address_(std::move(address)) {}

  template <class Method, class Request, class Response>
  absl::Status Call(Method method, const Request& request, Response& response) {
    for (int attempt = 1;; ++attempt) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + kDeadline);
      const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
      if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return ToStatus(status);
      if (attempt == kAttempts) {
        return absl::UnavailableError(
            fmt::format("server {} is not reached: {}", address_, status.error_message()));
      }
    }
  }

 private:
  std::unique_ptr<v1::StudyService::Stub> stub_;
  std::string address_;
};

StudyClient::StudyClient(const std::shared_ptr<grpc::Channel>& channel, std::string address)
    : impl_(std::make_unique<Impl>(channel, std::move(address))) {}

StudyClient::~StudyClient() = default;

absl::StatusOr<Created> StudyClient::Create(const study::StudySpec& spec, bool validate_only) {
  v1::CreateStudyRequest request;
  request.set_request_id(RandomId());
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

absl::StatusOr<store::StudyRow> StudyClient::Apply(Change change, const std::string& study) {
  v1::ChangeStudyRequest request;
  request.set_name(StudyResource(study));
  request.set_request_id(RandomId());
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
