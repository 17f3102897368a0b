#include "client/cli/grpc_source.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <utility>

#include "client/cli/messages.h"
#include "client/cli/trial_news.h"
#include "hpsearch/v1/study_service.grpc.pb.h"
#include "server/study/records.h"

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
  GrpcSource(const std::shared_ptr<grpc::Channel>& channel, Target target)
      : stub_(v1::StudyService::NewStub(channel)), target_(std::move(target)) {}

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
      if (!study::TrialStateFrom(*query.state) || !v1::TrialState_Parse("TRIAL_STATE_" + *query.state, &state)) {
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

  absl::StatusOr<std::vector<store::RoundRow>> Rounds(const std::string& study) override {
    std::vector<store::RoundRow> rows;
    v1::ListRoundsRequest request;
    request.set_parent(StudyResource(study));
    request.set_page_size(kPageSize);
    do {
      v1::ListRoundsResponse response;
      if (auto status = Call(&v1::StudyService::Stub::ListRounds, request, response); !status.ok()) return status;
      for (const v1::Round& round : response.rounds()) rows.push_back(ToRow(round));
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
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
    return ToStatus((stub_.get()->*method)(&context, request, &response), target_);
  }

  absl::StatusOr<TrialRow> GetTrial(const std::string& name) {
    v1::GetTrialRequest request;
    request.set_name(name);
    v1::Trial response;
    if (auto status = Call(&v1::StudyService::Stub::GetTrial, request, response); !status.ok()) return status;
    return ToRow(response);
  }

  // One stream; what it has told by others before is not told again.
  struct Heard {
    bool anything = false;
    bool end = false;     // of the study
    absl::Status failed;  // of the calls beside the stream
  };
  grpc::Status WatchOnce(const std::string& study, std::stop_token stop, TrialNews& news,
                         const std::function<void(const WatchEvent&)>& on_event, bool again, Heard& heard);

  std::unique_ptr<v1::StudyService::Stub> stub_;
  const Target target_;
};

grpc::Status GrpcSource::WatchOnce(const std::string& study, std::stop_token stop, TrialNews& news,
                                   const std::function<void(const WatchEvent&)>& on_event, bool again,
                                   Heard& heard) {
  grpc::ClientContext context;
  const std::stop_callback cancel(stop, [&context] { context.TryCancel(); });
  v1::WatchStudyRequest request;
  request.set_name(StudyResource(study));
  const auto stream = stub_->WatchStudy(&context, request);
  const auto tell = [&](const WatchEvent& what) {
    if (heard.failed.ok()) heard.failed = news.Take(what, on_event);
  };
  v1::StudyEvent event;
  bool begun = false;
  while (heard.failed.ok() && stream->Read(&event)) {
    heard.anything = true;
    if (event.has_study()) {
      const bool first = !std::exchange(begun, true);
      const store::StudyRow row = ToRow(event.study());
      heard.end = HasEnded(row);
      // The stream begins with the study as it stands: its trials are looked at once, the first time behind it,
      // and before it when it may be the end.
      if (first && !again) on_event(row);
      if (first) heard.failed = news.Tell(on_event);
      if (!first || again) on_event(row);
    } else if (event.has_trial()) {
      tell(ToRow(event.trial()));
    } else if (event.has_epochs()) {
      for (const v1::Epoch& epoch : event.epochs().epochs()) tell(ToRow(event.epochs().trial(), epoch));
    }
  }
  if (!heard.failed.ok()) context.TryCancel();
  return stream->Finish();
}

absl::Status GrpcSource::Watch(const std::string& study, std::stop_token stop,
                               const std::function<void(const WatchEvent&)>& on_event) {
  std::mutex mutex;
  std::condition_variable_any stopped;
  TrialNews news(*this, study);
  if (absl::Status status = news.Begin(); !status.ok()) return status;
  bool reached = false;
  steady_clock::time_point last = steady_clock::now();
  while (!stop.stop_requested()) {
    Heard heard;
    const grpc::Status ended = WatchOnce(study, stop, news, on_event, reached, heard);
    if (heard.end && heard.failed.ok()) return absl::OkStatus();
    if (heard.anything) {
      reached = true;
      last = steady_clock::now();
    }
    if (stop.stop_requested()) break;
    // A server that is away; this process's own, stopping; one that had more to tell than this end took; UNKNOWN,
    // which no server of ours says, is gRPC's word for a connection that broke in the midst of something.
    absl::Status status = heard.failed.ok() ? ToStatus(ended, target_) : heard.failed;
    const bool transient = status.ok() || absl::IsUnavailable(status) || absl::IsCancelled(status) ||
                           absl::IsResourceExhausted(status) || absl::IsUnknown(status);
    if (!transient || !reached || steady_clock::now() - last > kPatience) return status;
    std::unique_lock lock(mutex);
    stopped.wait_for(lock, stop, kRetryInterval, [] { return false; });
  }
  return absl::CancelledError("interrupted");
}

}  // namespace

std::unique_ptr<StudySource> OpenGrpcSource(const std::shared_ptr<grpc::Channel>& channel, Target target) {
  return std::make_unique<GrpcSource>(channel, std::move(target));
}

}  // namespace hpsearch::cli
