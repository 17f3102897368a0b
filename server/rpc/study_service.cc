#include "server/rpc/study_service.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "proto/codec/document_codec.h"
#include "server/failpoint/failpoint.h"
#include "server/rpc/handed_over.h"
#include "server/rpc/message_bytes.h"
#include "server/rpc/resource_name.h"
#include "server/rpc/row_codec.h"
#include "server/rpc/status.h"
#include "server/rpc/study_queries.h"
#include "server/rpc/worker_list.h"

namespace hpsearch::rpc {
namespace {

// Ends at once with a status; gRPC wants a reactor for that too.
class RefusedWatch final : public grpc::ServerWriteReactor<v1::StudyEvent> {
 public:
  explicit RefusedWatch(const absl::Status& status) {
    Finish(ToGrpc(status));
    handed_over_.Tell();
  }
  void OnDone() override {
    handed_over_.See();
    delete this;
  }

 private:
  HandedOver handed_over_;
};

// Whether a study of the specification's name is there; ALREADY_EXISTS: with another specification.
absl::StatusOr<bool> Exists(store::StudyReader& reader, const study::StudySpec& spec) {
  const absl::StatusOr<store::StudyRow> row = reader.Study(spec.name);
  if (absl::IsNotFound(row.status())) return false;
  if (!row.ok()) return row.status();
  if (!study::SameMeaning(row->spec, spec)) {
    return absl::AlreadyExistsError(fmt::format("study {} is there with another specification", spec.name));
  }
  return true;
}

}  // namespace

StudyService::StudyService(const WatchStream::Means& means, study::Coordinator& coordinator,
                           const study::Clock& clock, Paths paths, std::size_t most_changed,
                           int most_at_coordinator)
    : means_(means),
      coordinator_(coordinator),
      clock_(clock),
      paths_(paths),
      most_changed_(most_changed),
      commands_(most_at_coordinator) {
  handed_over_.Tell();
}

template <class Request, class Response>
grpc::ServerUnaryReactor* StudyService::Read(grpc::CallbackServerContext* context, const Request* request,
                                             Response* response,
                                             absl::Status (*read)(store::StudyReader&, const Request&,
                                                                  Response*)) {
  handed_over_.See();
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  means_.reads.Read([=, this](absl::StatusOr<store::StudyReader*> reader) {
    absl::Status status = reader.ok() ? read(**reader, *request, response) : reader.status();
    if (status.ok()) means_.health.Amend(response);
    reactor->Finish(ToGrpc(status));
  });
  return reactor;
}

void StudyService::PostCommand(grpc::ServerUnaryReactor* reactor, std::function<void(const Place&)> task) {
  failpoint::Failpoint("server.request.checked");
  Place place = commands_.Take();
  if (place == nullptr) {
    return reactor->Finish(
        ToGrpc(absl::ResourceExhaustedError("too many requests wait for the coordinator; try again")));
  }
  means_.strand.Post([place = std::move(place), task = std::move(task)] {
    failpoint::Failpoint("server.request.decide");
    task(place);
  });
}

study::Coordinator::Reply<study::StudyAnswer> StudyService::Answer(Place place, v1::Study* study, Finish finish) {
  return [this, place = std::move(place), study,
          finish = std::move(finish)](absl::StatusOr<study::StudyAnswer> answer) {
    if (!answer.ok()) return finish(answer.status(), false);
    failpoint::Failpoint("server.request.committed");
    means_.reads.ReadAdmitted(
        [place, study, finish, answer = *std::move(answer)](absl::StatusOr<store::StudyReader*> reader) {
          const absl::StatusOr<store::StudyRow> row =
              reader.ok() ? (*reader)->Study(answer.name) : absl::StatusOr<store::StudyRow>(reader.status());
          absl::Status status = row.status();
          if (status.ok()) status = ToMessage(*row, Detail::kWhole, study);
          if (!status.ok()) {
            // No final error: the change is durable, and the same request again is answered.
            return finish(absl::UnavailableError(fmt::format(
                              "carried out, but not read ({}); the same request_id again returns the answer",
                              status.ToString())),
                          false);
          }
          Overlay(answer, study);
          finish(absl::OkStatus(), answer.existed);
          failpoint::Failpoint("server.request.answered");
        });
  };
}

// A study that is being created, between the bytes that gRPC has of the request and of the answer.
struct StudyService::Creation {
  Creation(grpc::ServerUnaryReactor* reactor, grpc::ByteBuffer* answer) : reactor(reactor), answer(answer) {}

  void Finish(const absl::Status& status) {
    if (status.ok()) *answer = ToBytes(response);
    reactor->Finish(ToGrpc(status));
  }

  grpc::ServerUnaryReactor* const reactor;
  grpc::ByteBuffer* const answer;
  v1::CreateStudyRequest request;
  v1::CreateStudyResponse response;
};

grpc::ServerUnaryReactor* StudyService::CreateStudy(grpc::CallbackServerContext* context,
                                                    const grpc::ByteBuffer* request, grpc::ByteBuffer* response) {
  static const codec::ParsedSize size(v1::CreateStudyRequest::descriptor());
  handed_over_.See();
  const auto creation = std::make_shared<Creation>(context->DefaultReactor(), response);
  failpoint::Failpoint("server.request.read");
  means_.reads.Read([=, this](absl::StatusOr<store::StudyReader*> reader) {
    if (!reader.ok()) return creation->Finish(reader.status());
    if (absl::Status status = FromBytes(*request, size, &creation->request); !status.ok()) {
      return creation->Finish(status);
    }
    absl::StatusOr<std::shared_ptr<const study::StudySpec>> spec = ReadNewStudy(creation->request, paths_);
    if (!spec.ok()) return creation->Finish(spec.status());
    if (!creation->request.validate_only()) return CreateChecked(creation, *std::move(spec));
    const absl::StatusOr<bool> exists = Exists(**reader, **spec);
    if (exists.ok()) creation->response.set_existed(*exists);
    creation->Finish(exists.ok() ? Preview(**spec, creation->response.mutable_study()) : exists.status());
  });
  return creation->reactor;
}

void StudyService::CreateChecked(const std::shared_ptr<Creation>& creation,
                                 std::shared_ptr<const study::StudySpec> spec) {
  PostCommand(creation->reactor, [=, this, spec = std::move(spec)](const Place& place) {
    coordinator_.CreateStudy(
        creation->request.request_id(), spec,
        Answer(place, creation->response.mutable_study(), [creation](const absl::Status& status, bool existed) {
          creation->response.set_existed(existed);
          creation->Finish(status);
        }));
  });
}

grpc::ServerUnaryReactor* StudyService::Change(grpc::CallbackServerContext* context,
                                               const v1::ChangeStudyRequest* request, study::Action action,
                                               v1::Study* study) {
  return ChangeNamed(context, request->name(), study, [=, this](const std::string& name, auto reply) {
    coordinator_.ChangeState(request->request_id(), name, action, std::move(reply));
  });
}

grpc::ServerUnaryReactor* StudyService::ChangeNamed(
    grpc::CallbackServerContext* context, const std::string& resource, v1::Study* study,
    std::function<void(const std::string&, study::Coordinator::Reply<study::StudyAnswer>)> change) {
  handed_over_.See();
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  failpoint::Failpoint("server.request.read");
  absl::StatusOr<std::string> name = ParseStudyName(resource);
  if (!name.ok()) {
    reactor->Finish(ToGrpc(name.status()));
    return reactor;
  }
  PostCommand(reactor, [=, this, name = *std::move(name), change = std::move(change)](const Place& place) {
    change(name, Answer(place, study, [reactor](const absl::Status& status, bool /*existed*/) {
             reactor->Finish(ToGrpc(status));
           }));
  });
  return reactor;
}

grpc::ServerUnaryReactor* StudyService::GetStudy(grpc::CallbackServerContext* context,
                                                 const v1::GetStudyRequest* request, v1::Study* study) {
  return Read(context, request, study, &rpc::GetStudy);
}

grpc::ServerUnaryReactor* StudyService::ListStudies(grpc::CallbackServerContext* context,
                                                    const v1::ListStudiesRequest* request,
                                                    v1::ListStudiesResponse* response) {
  return Read(context, request, response, &rpc::ListStudies);
}

grpc::ServerUnaryReactor* StudyService::GetTrial(grpc::CallbackServerContext* context,
                                                 const v1::GetTrialRequest* request, v1::Trial* trial) {
  return Read(context, request, trial, &rpc::GetTrial);
}

grpc::ServerUnaryReactor* StudyService::ListTrials(grpc::CallbackServerContext* context,
                                                   const v1::ListTrialsRequest* request,
                                                   v1::ListTrialsResponse* response) {
  return Read(context, request, response, &rpc::ListTrials);
}

grpc::ServerUnaryReactor* StudyService::GetCurves(grpc::CallbackServerContext* context,
                                                  const v1::GetCurvesRequest* request,
                                                  v1::GetCurvesResponse* response) {
  return Read(context, request, response, &rpc::GetCurves);
}

grpc::ServerUnaryReactor* StudyService::ListRounds(grpc::CallbackServerContext* context,
                                                   const v1::ListRoundsRequest* request,
                                                   v1::ListRoundsResponse* response) {
  return Read(context, request, response, &rpc::ListRounds);
}

grpc::ServerWriteReactor<v1::StudyEvent>* StudyService::WatchStudy(grpc::CallbackServerContext* context,
                                                                   const v1::WatchStudyRequest* request) {
  handed_over_.See();
  absl::StatusOr<std::string> name = ParseStudyName(request->name());
  if (!name.ok()) return new RefusedWatch(name.status());
  return WatchStream::Start(context, *std::move(name), most_changed_, means_);
}

grpc::ServerUnaryReactor* StudyService::PauseStudy(grpc::CallbackServerContext* context,
                                                   const v1::ChangeStudyRequest* request, v1::Study* study) {
  return Change(context, request, study::Action::kPause, study);
}

grpc::ServerUnaryReactor* StudyService::ResumeStudy(grpc::CallbackServerContext* context,
                                                    const v1::ChangeStudyRequest* request, v1::Study* study) {
  return Change(context, request, study::Action::kResume, study);
}

grpc::ServerUnaryReactor* StudyService::StopStudy(grpc::CallbackServerContext* context,
                                                  const v1::ChangeStudyRequest* request, v1::Study* study) {
  return Change(context, request, study::Action::kStop, study);
}

grpc::ServerUnaryReactor* StudyService::CancelStudy(grpc::CallbackServerContext* context,
                                                    const v1::ChangeStudyRequest* request, v1::Study* study) {
  return Change(context, request, study::Action::kCancel, study);
}

grpc::ServerUnaryReactor* StudyService::ExtendStudy(grpc::CallbackServerContext* context,
                                                    const v1::ExtendStudyRequest* request, v1::Study* study) {
  study::Extension extension = {.epochs = request->epochs()};
  if (request->has_trial()) extension.trial = request->trial();
  if (request->has_best()) extension.best = request->best();
  return ChangeNamed(context, request->name(), study, [=, this](const std::string& name, auto reply) {
    coordinator_.ExtendStudy(request->request_id(), name, extension, std::move(reply));
  });
}

grpc::ServerUnaryReactor* StudyService::RefineStudy(grpc::CallbackServerContext* context,
                                                    const v1::RefineStudyRequest* request, v1::Study* study) {
  study::Refining refining{.around = {request->around().begin(), request->around().end()}};
  for (const auto& [parameter, value] : request->at()) {
    const absl::StatusOr<model::Node> scalar = codec::ToDocument(value);
    if (!scalar.ok()) {
      handed_over_.See();
      grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
      reactor->Finish(ToGrpc(absl::InvalidArgumentError(
          fmt::format("at.{}: {}", parameter, std::string(scalar.status().message())))));
      return reactor;
    }
    refining.at.emplace_back(parameter, scalar->scalar());
  }
  std::ranges::sort(refining.at, {}, [](const auto& named) { return named.first; });
  if (request->has_num()) refining.num = request->num();
  return ChangeNamed(context, request->name(), study, [=, this](const std::string& name, auto reply) {
    coordinator_.RefineStudy(request->request_id(), name, refining, std::move(reply));
  });
}

grpc::ServerUnaryReactor* StudyService::ListWorkers(grpc::CallbackServerContext* context,
                                                    const v1::ListWorkersRequest* request,
                                                    v1::ListWorkersResponse* response) {
  handed_over_.See();
  grpc::ServerUnaryReactor* reactor = context->DefaultReactor();
  PostCommand(reactor, [=, this](const Place&) {
    reactor->Finish(ToGrpc(rpc::ListWorkers(coordinator_.Workers(), clock_.Wall(), *request, response)));
  });
  return reactor;
}

}  // namespace hpsearch::rpc
