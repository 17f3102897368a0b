// StudyService: each call is checked, handed to the strand or to the read pool, and answered from there with its
// status converted. Decides nothing. What would wait for either beyond its bound is refused (RESOURCE_EXHAUSTED).
//
// Threads: gRPC's; no call waits on one of them. Borrows everything it is given.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

#include "hpsearch/v1/study_service.grpc.pb.h"
#include "server/rpc/handed_over.h"
#include "server/rpc/new_study.h"
#include "server/rpc/places.h"
#include "server/rpc/watch_stream.h"
#include "server/study/coordinator.h"
#include "server/study/strand.h"

namespace hpsearch::rpc {

// A request for a study comes as bytes, so that it is looked at before it is parsed.
class StudyService final
    : public v1::StudyService::WithRawCallbackMethod_CreateStudy<v1::StudyService::CallbackService> {
 public:
  StudyService(const WatchStream::Means& means, study::Coordinator& coordinator, const study::Clock& clock,
               Paths paths, std::size_t most_changed, int most_at_coordinator);

  grpc::ServerUnaryReactor* CreateStudy(grpc::CallbackServerContext* context, const grpc::ByteBuffer* request,
                                        grpc::ByteBuffer* response) override;
  grpc::ServerUnaryReactor* GetStudy(grpc::CallbackServerContext* context, const v1::GetStudyRequest* request,
                                     v1::Study* study) override;
  grpc::ServerUnaryReactor* ListStudies(grpc::CallbackServerContext* context,
                                        const v1::ListStudiesRequest* request,
                                        v1::ListStudiesResponse* response) override;
  grpc::ServerUnaryReactor* GetTrial(grpc::CallbackServerContext* context, const v1::GetTrialRequest* request,
                                     v1::Trial* trial) override;
  grpc::ServerUnaryReactor* ListTrials(grpc::CallbackServerContext* context, const v1::ListTrialsRequest* request,
                                       v1::ListTrialsResponse* response) override;
  grpc::ServerUnaryReactor* GetCurves(grpc::CallbackServerContext* context, const v1::GetCurvesRequest* request,
                                      v1::GetCurvesResponse* response) override;
  grpc::ServerUnaryReactor* ListRounds(grpc::CallbackServerContext* context, const v1::ListRoundsRequest* request,
                                       v1::ListRoundsResponse* response) override;
  grpc::ServerWriteReactor<v1::StudyEvent>* WatchStudy(grpc::CallbackServerContext* context,
                                                       const v1::WatchStudyRequest* request) override;
  grpc::ServerUnaryReactor* PauseStudy(grpc::CallbackServerContext* context, const v1::ChangeStudyRequest* request,
                                       v1::Study* study) override;
  grpc::ServerUnaryReactor* ResumeStudy(grpc::CallbackServerContext* context,
                                        const v1::ChangeStudyRequest* request, v1::Study* study) override;
  grpc::ServerUnaryReactor* StopStudy(grpc::CallbackServerContext* context, const v1::ChangeStudyRequest* request,
                                      v1::Study* study) override;
  grpc::ServerUnaryReactor* CancelStudy(grpc::CallbackServerContext* context,
                                        const v1::ChangeStudyRequest* request, v1::Study* study) override;
  grpc::ServerUnaryReactor* ExtendStudy(grpc::CallbackServerContext* context,
                                        const v1::ExtendStudyRequest* request, v1::Study* study) override;
  grpc::ServerUnaryReactor* RefineStudy(grpc::CallbackServerContext* context,
                                        const v1::RefineStudyRequest* request, v1::Study* study) override;
  grpc::ServerUnaryReactor* ListWorkers(grpc::CallbackServerContext* context,
                                        const v1::ListWorkersRequest* request,
                                        v1::ListWorkersResponse* response) override;

 private:
  // Answers with what `read` fills, on the pool.
  template <class Request, class Response>
  grpc::ServerUnaryReactor* Read(grpc::CallbackServerContext* context, const Request* request, Response* response,
                                 absl::Status (*read)(store::StudyReader&, const Request&, Response*));
  grpc::ServerUnaryReactor* Change(grpc::CallbackServerContext* context, const v1::ChangeStudyRequest* request,
                                   study::Action action, v1::Study* study);
  // Makes `change` on the strand, of the study that the resource names, and answers with what it replies.
  grpc::ServerUnaryReactor* ChangeNamed(
      grpc::CallbackServerContext* context, const std::string& resource, v1::Study* study,
      std::function<void(const std::string& name, study::Coordinator::Reply<study::StudyAnswer> reply)> change);
  // Runs `task` on the strand with the request's place, which it keeps until the answer; or refuses the request.
  void PostCommand(grpc::ServerUnaryReactor* reactor, std::function<void(const Place&)> task);
  // Answers a mutation: the record, and what only the file tells. `finish` sends the answer, or why there is none.
  using Finish = std::function<void(const absl::Status& status, bool existed)>;
  study::Coordinator::Reply<study::StudyAnswer> Answer(Place place, v1::Study* study, Finish finish);
  struct Creation;
  void CreateChecked(const std::shared_ptr<Creation>& creation, std::shared_ptr<const study::StudySpec> spec);

  const WatchStream::Means means_;
  study::Coordinator& coordinator_;
  const study::Clock& clock_;
  const Paths paths_;
  const std::size_t most_changed_;  // trials, behind a watcher's back
  Places commands_;                 // for requests that the coordinator answers
  HandedOver handed_over_;
};

}  // namespace hpsearch::rpc
