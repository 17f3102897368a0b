#include "worker/agent/worker.h"

#include <grpcpp/channel.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <new>
#include <random>
#include <stop_token>
#include <system_error>
#include <thread>
#include <utility>

#include "absl/cleanup/cleanup.h"
#include "absl/status/statusor.h"
#include "fmt/format.h"
#include "hpsearch/v1/worker_service.grpc.pb.h"
#include "spdlog/spdlog.h"
#include "worker/agent/backoff.h"
#include "worker/agent/checkpoint_courier.h"
#include "worker/agent/checkpoint_folder.h"
#include "worker/agent/offers.h"
#include "worker/agent/session.h"
#include "worker/agent/slots.h"
#include "worker/agent/trial.h"
#include "worker/agent/worker_state.h"
#include "worker/data/catalog.h"
#include "worker/nn/instruction_set.h"
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

std::vector<std::string> AllKeys(const data::Catalog& catalog) {
  std::vector<std::string> keys;
  for (data::Found& found : catalog.List()) keys.push_back(std::move(found.name));
  return keys;
}

// Random, of this process's worker: 32 hexadecimal digits.
std::string NewInstance() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}{:08x}{:08x}", random(), random(), random(), random());
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
        offers_(options_.catalog, options_.datasets ? Offers::Others::kNone : Offers::Others::kMayCome),
        state_(options_.slots),
        checkpoints_(options_.checkpoints),
        courier_(*stub_, {.worker = options_.name,
                          .instance = instance_,
                          .puts = options_.puts_checkpoints && !checkpoints_.off(),
                          .every = options_.puts_every}),
        trainer_(offers_, checkpoints_, [this] { state_.OffersChanged(); },
                 {.courier = &courier_, .draining = &draining_}),
        slots_(
            options_.slots,
            [this](const auto& lease, const auto& cancelled, const auto& report) {
              return trainer_.Train(lease, cancelled, report);
            },
            state_) {}

  ~Impl() {
    Stop();
    std::unique_lock lock(mutex_);
    left_.wait(lock, [this] { return !running_; });
  }

  absl::Status Run() {
    if (absl::Status status = Check(options_); !status.ok()) return status;
    if (absl::Status status = nn::PinInstructionSet(options_.instruction_set); !status.ok()) return status;
    SetRunning(true);
    const absl::Cleanup left = [this] {
      courier_.Stop();
      slots_.Close();
      SetRunning(false);
    };
    try {
      return Work();
    } catch (const std::system_error& thrown) {  // of a thread: pids.max
      return absl::ResourceExhaustedError(fmt::format("worker {}: {}", options_.name, thrown.what()));
    } catch (const std::bad_alloc&) {
      return absl::ResourceExhaustedError(fmt::format("worker {}: memory does not suffice", options_.name));
    }
  }

  void Drain() {
    draining_ = true;
    state_.Drain();
  }

  void Stop() {
    state_.Stop(steady_clock::now() + kStopWithin);
    slots_.CancelAll();
    courier_.Stop();
  }

 private:
  void SetRunning(bool running) {
    std::lock_guard lock(mutex_);
    running_ = running;
    left_.notify_all();
  }

  // Who this is; the data sets are to follow.
  absl::StatusOr<v1::Hello> Introduction() const {
    absl::StatusOr<std::string> digest = train::NumericsDigest();
    if (!digest.ok()) return digest.status();
    v1::Hello hello;
    hello.set_name(options_.name);
    hello.set_instance(instance_);
    hello.set_slots(options_.slots);
    hello.set_numerics_digest(*std::move(digest));
    hello.set_version(HPSEARCH_VERSION);
    hello.set_instruction_set(nn::NameOf(options_.instruction_set));
    return hello;
  }

  v1::Hello HelloOf(v1::Hello hello) const {
    for (v1::DatasetOffer& offer : offers_.Current()) *hello.add_datasets() = std::move(offer);
    return hello;
  }

  bool ReadOffers() {
    return offers_.Read(options_.datasets ? *options_.datasets : AllKeys(*options_.catalog),
                        [this] { return state_.ending(); });
  }

  // A set may be mounted, mended or added while the worker runs.
  void LookAgain(const std::stop_token& stop) {
    std::mutex mutex;
    std::condition_variable_any stopped;
    std::unique_lock lock(mutex);
    while (!stopped.wait_for(lock, stop, options_.look_again, [&stop] { return stop.stop_requested(); })) {
      if (ReadOffers()) state_.OffersChanged();
    }
  }

  // Session after session, until the worker is through or the server will not have it.
  absl::Status Work() {
    absl::StatusOr<v1::Hello> introduction = Introduction();
    if (!introduction.ok()) return introduction.status();
    ReadOffers();
    const std::jthread looking([this](const std::stop_token& stop) { LookAgain(stop); });
    courier_.Start();
    slots_.Start(train::UseOneThread);
    Backoff backoff(std::random_device{}());
    while (!state_.WaitFinished(steady_clock::now())) {
      const steady_clock::time_point begun = steady_clock::now();
      absl::Status status = Session(*stub_, state_, slots_).Run(HelloOf(*introduction));
      if (state_.WaitFinished(steady_clock::now())) break;
      if (IsFinal(status)) return status;
      backoff.Ended(steady_clock::now() - begun);
      const std::chrono::milliseconds pause = backoff.Next();
      // Asked before the next hello is made, so that what changes from here on is said or ends that session too.
      if (state_.TakeOffersChanged()) {
        spdlog::info("worker {}: a data set has changed; offering anew what is there", options_.name);
      } else {
        spdlog::warn("worker {}: no connection to the server ({}); trying again in {:.1f} s", options_.name,
                     status.ok() ? "it closed the session" : std::string(status.message()),
                     static_cast<double>(pause.count()) / 1000);
      }
      if (state_.WaitFinished(steady_clock::now() + pause)) break;
    }
    return absl::OkStatus();
  }

  const WorkerOptions options_;
  const std::string instance_ = NewInstance();
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  Offers offers_;
  WorkerState state_;
  const CheckpointFolder checkpoints_;
  CheckpointCourier courier_;
  std::atomic<bool> draining_ = false;
  const TrialTrainer trainer_;
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
