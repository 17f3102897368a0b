#include "worker/agent/worker.h"

#include <grpcpp/channel.h>

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>

#include "fmt/format.h"
#include "hpsearch/v1/worker_service.grpc.pb.h"
#include "spdlog/spdlog.h"
#include "worker/agent/backoff.h"
#include "worker/agent/hello.h"
#include "worker/agent/session.h"
#include "worker/agent/slots.h"
#include "worker/agent/trial.h"
#include "worker/agent/worker_state.h"
#include "worker/data/catalog.h"
#include "worker/train/numerics_digest.h"
#include "worker/train/trainer.h"

namespace hpsearch::agent {
namespace {

using std::chrono::steady_clock;

// After Stop, for the trials that are handed back to be acknowledged.
constexpr std::chrono::seconds kStopWithin{2};
constexpr std::int64_t kMostSlots = 1024;

// What the server says once and for all; everything else may be another matter in a moment.
bool IsFinal(const absl::Status& status) {
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kAlreadyExists:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kUnimplemented:
      return true;
    default:
      return false;
  }
}

absl::Status Check(const WorkerOptions& options) {
  const std::string& name = options.name;
  if (name.empty() || name.size() > 128 ||
      !std::all_of(name.begin(), name.end(), [](char c) { return c >= ' ' && c <= '~'; })) {
    return absl::InvalidArgumentError("a worker's name is 1 to 128 printable ASCII characters");
  }
  if (options.slots < 1 || options.slots > kMostSlots) {
    return absl::InvalidArgumentError(fmt::format("{} slots; a worker has 1 to {}", options.slots, kMostSlots));
  }
  return absl::OkStatus();
}

}  // namespace

class Worker::Impl {
 public:
  Impl(const std::shared_ptr<grpc::Channel>& channel, WorkerOptions options)
      : options_(std::move(options)),
        stub_(v1::WorkerService::NewStub(channel)),
        state_(options_.slots),
        slots_(
            options_.slots,
            [this](const auto& lease, const auto& cancelled, const auto& report) {
              return trainer_->Train(lease, cancelled, report);
            },
            state_) {}

  ~Impl() {
    Stop();
    std::unique_lock lock(mutex_);
    left_.wait(lock, [this] { return !running_; });
  }

  absl::Status Run() {
    if (absl::Status status = Check(options_); !status.ok()) return status;
    SetRunning(true);
    absl::Status status = Work();
    slots_.Close();
    SetRunning(false);
    return status;
  }

  void Drain() { state_.Drain(); }

  void Stop() {
    state_.Stop(steady_clock::now() + kStopWithin);
    slots_.CancelAll();
  }

 private:
  void SetRunning(bool running) {
    std::lock_guard lock(mutex_);
    running_ = running;
    left_.notify_all();
  }

  v1::Hello MakeHello() {
    v1::Hello hello;
    hello.set_name(options_.name);
    hello.set_instance(NewInstance());
    hello.set_slots(options_.slots);
    hello.set_version(HPSEARCH_VERSION);
    // On a thread of its own, for it is the thread that oneDNN's settings hold on to, and this one is the
    // caller's.
    std::thread([&] {
      train::UseOneThread();
      hello.set_numerics_digest(train::NumericsDigest().value());
    }).join();
    const std::vector<std::string> keys = options_.datasets ? *options_.datasets : AllKeys(*options_.catalog);
    for (v1::DatasetOffer& offer : OfferDatasets(*options_.catalog, keys, [this] { return state_.stopping(); })) {
      *hello.add_datasets() = std::move(offer);
    }
    return hello;
  }

  // Session after session, until the worker is through or the server will not have it.
  absl::Status Work() {
    const v1::Hello hello = MakeHello();
    trainer_.emplace(options_.catalog, hello.datasets());
    slots_.Start(train::UseOneThread);
    Backoff backoff(std::random_device{}());
    while (!state_.WaitFinished(steady_clock::now())) {
      Session session(*stub_, state_, slots_);
      absl::Status status = session.Run(hello);
      if (state_.WaitFinished(steady_clock::now())) break;
      if (IsFinal(status)) return status;
      if (session.welcomed()) backoff.Reset();
      const std::chrono::milliseconds pause = backoff.Next();
      spdlog::warn("worker {}: no connection to the server ({}); trying again in {:.1f} s", options_.name,
                   status.ok() ? "it closed the session" : std::string(status.message()),
                   static_cast<double>(pause.count()) / 1000);
      if (state_.WaitFinished(steady_clock::now() + pause)) break;
    }
    return absl::OkStatus();
  }

  const WorkerOptions options_;
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  std::optional<TrialTrainer> trainer_;  // there before the slots start
  WorkerState state_;
  Slots slots_;

  std::mutex mutex_;
  std::condition_variable left_;
  bool running_ = false;  // guarded by mutex_
};

Worker::Worker(const std::shared_ptr<grpc::Channel>& channel, WorkerOptions options)
    : impl_(std::make_unique<Impl>(channel, std::move(options))) {}
Worker::~Worker() = default;

absl::Status Worker::Run() { return impl_->Run(); }
void Worker::Drain() { impl_->Drain(); }
void Worker::Stop() { impl_->Stop(); }

}  // namespace hpsearch::agent
