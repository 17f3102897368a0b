#include "client/cli/grpc_source.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>

#include "client/cli/messages.h"
#include "hpsearch/v1/study_service.grpc.pb.h"

namespace hpsearch::cli {
namespace {

using std::chrono::steady_clock;
using store::TrialRow;

constexpr std::chrono::seconds kDeadline(30);
constexpr int kPageSize = 1000;
// A watch that was under way waits so long for a server that went away.
constexpr std::chrono::seconds kPatience(60);
constexpr std::chrono::milliseconds kRetryInterval(500);

class GrpcSource : public StudySource {
 public:
  GrpcSource(const std::shared_ptr<grpc::Channel>& channel, std::string address)
      : stub_(v1::StudyService::NewStub(channel)), address_(std::move(address)) {}

  absl::StatusOr<std::vector<store::StudyRow>> Studies() override {
    std::vector<store::StudyRow> rows;
    v1::ListStudiesRequest request;
    request.set_page_size(kPageSize);
    do {
      v1::ListStudiesResponse response;
      if (auto status = Call(&v1::StudyService::Stub::ListStudies, request, response); !status.ok()) return status;
      for (const v1::Study& study : response.studies()) rows.push_back(ToRow(study));
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return rows;
  }

  absl::StatusOr<store::StudyRow> Study(const std::string& study) override {
    v1::GetStudyRequest request;
    request.set_name(StudyResource(study));
    v1::Study response;
    if (auto status = Call(&v1::StudyService::Stub::GetStudy, request, response); !status.ok()) return status;
    return ToRow(response);
  }

  absl::StatusOr<std::vector<TrialRow>> Trials(const store::TrialQuery& query) override {
    std::vector<TrialRow> rows;
    v1::ListTrialsRequest request;
    request.set_parent(StudyResource(query.study));
    request.set_order_by(query.sort + (query.descending ? " desc" : ""));
    if (query.state) {
      v1::TrialState state = v1::TRIAL_STATE_UNSPECIFIED;
      if (!v1::TrialState_Parse("TRIAL_STATE_" + *query.state, &state)) {
        return absl::InvalidArgumentError(fmt::format("'{}' is no state of a trial", *query.state));
      }
      request.set_state(state);
    }
    while (static_cast<std::int64_t>(rows.size()) < query.limit) {
      // Every page but the last is of one size, so that a token may be no more than an offset.
      request.set_page_size(static_cast<int>(std::min<std::int64_t>(query.limit, kPageSize)));
      v1::ListTrialsResponse response;
      if (auto status = Call(&v1::StudyService::Stub::ListTrials, request, response); !status.ok()) return status;
      for (const v1::Trial& trial : response.trials()) rows.push_back(ToRow(trial));
      if (response.next_page_token().empty()) break;
      request.set_page_token(response.next_page_token());
    }
    if (static_cast<std::int64_t>(rows.size()) > query.limit) rows.resize(query.limit);
    return rows;
  }

  absl::StatusOr<TrialRow> Trial(const std::string& study, std::int64_t trial) override {
    return GetTrial(TrialResource(study, std::to_string(trial)));
  }
  absl::StatusOr<TrialRow> BestTrial(const std::string& study) override {
    return GetTrial(TrialResource(study, "best"));
  }

  absl::StatusOr<std::vector<store::EpochRow>> Curve(const std::string& study, std::int64_t trial) override {
    v1::GetCurvesRequest request;
    request.set_parent(StudyResource(study));
    request.add_trials(trial);
    std::vector<store::EpochRow> rows;
    for (bool more = true; more;) {
      v1::GetCurvesResponse response;
      if (auto status = Call(&v1::StudyService::Stub::GetCurves, request, response); !status.ok()) return status;
      for (const v1::Curve& curve : response.curves()) {
        for (const v1::Epoch& epoch : curve.epochs()) rows.push_back(ToRow(curve.trial(), epoch));
      }
      more = response.more() && !rows.empty();
      if (more) request.set_after_epoch(rows.back().epoch);
    }
    return rows;
  }

  absl::StatusOr<std::vector<store::WorkerRow>> Workers() override {
    std::vector<store::WorkerRow> rows;
    v1::ListWorkersRequest request;
    request.set_page_size(kPageSize);
    do {
      v1::ListWorkersResponse response;
      if (auto status = Call(&v1::StudyService::Stub::ListWorkers, request, response); !status.ok()) return status;
      for (const v1::Worker& worker : response.workers()) rows.push_back(ToRow(worker));
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    return rows;
  }

  absl::Status Watch(const std::string& study, std::stop_token stop,
                     const std::function<void(const WatchEvent&)>& on_event) override;

 private:
  template <class Method, class Request, class Response>
  absl::Status Call(Method method, const Request& request, Response& response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kDeadline);
    return Explain((stub_.get()->*method)(&context, request, &response));
  }

  absl::StatusOr<TrialRow> GetTrial(const std::string& name) {
    v1::GetTrialRequest request;
    request.set_name(name);
    v1::Trial response;
    if (auto status = Call(&v1::StudyService::Stub::GetTrial, request, response); !status.ok()) return status;
    return ToRow(response);
  }

  absl::Status Explain(const grpc::Status& status) const {
    if (status.error_code() != grpc::StatusCode::UNAVAILABLE) return ToStatus(status);
    return absl::UnavailableError(fmt::format("server {} is not reached: {}", address_, status.error_message()));
  }

  // One stream. `ended` where it told the study's end; `told` where it told anything.
  absl::Status WatchOnce(const std::string& study, std::stop_token stop,
                         const std::function<void(const WatchEvent&)>& on_event, bool& ended, bool& told);

  std::unique_ptr<v1::StudyService::Stub> stub_;
  std::string address_;
};

absl::Status GrpcSource::WatchOnce(const std::string& study, std::stop_token stop,
                                   const std::function<void(const WatchEvent&)>& on_event, bool& ended,
                                   bool& told) {
  grpc::ClientContext context;
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  v1::WatchStudyRequest request;
  request.set_name(StudyResource(study));
  const auto stream = stub_->WatchStudy(&context, request);
  v1::StudyEvent event;
  while (stream->Read(&event)) {
    told = true;
    if (event.has_study()) {
      const store::StudyRow row = ToRow(event.study());
      ended = HasEnded(row);
      on_event(row);
    } else if (event.has_trial()) {
      on_event(ToRow(event.trial()));
    } else if (event.has_epochs()) {
      for (const v1::Epoch& epoch : event.epochs().epochs()) on_event(ToRow(event.epochs().trial(), epoch));
    }
  }
  return Explain(stream->Finish());
}

absl::Status GrpcSource::Watch(const std::string& study, std::stop_token stop,
                               const std::function<void(const WatchEvent&)>& on_event) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  bool reached = false;
  steady_clock::time_point heard = steady_clock::now();
  while (!stop.stop_requested()) {
    bool ended = false, told = false;
    absl::Status status = WatchOnce(study, stop, on_event, ended, told);
    if (ended) return absl::OkStatus();
    if (told) {
      reached = true;
      heard = steady_clock::now();
    }
    if (stop.stop_requested()) break;
    const bool transient = status.ok() || absl::IsUnavailable(status);
    if (!transient || !reached || steady_clock::now() - heard > kPatience) return status;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, kRetryInterval, [] { return false; });
  }
  return absl::CancelledError("interrupted");
}

}  // namespace

std::unique_ptr<StudySource> OpenGrpcSource(const std::shared_ptr<grpc::Channel>& channel, std::string address) {
  return std::make_unique<GrpcSource>(channel, std::move(address));
}

}  // namespace hpsearch::cli
