#include "client/bench/idle_trainers.h"

#include <fmt/format.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <cmath>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

#include "client/bench/clockwork.h"
#include "client/channel/channel.h"
#include "hpsearch/v1/worker_service.grpc.pb.h"

namespace hpsearch::bench {
namespace {

using std::chrono::steady_clock;

constexpr std::int64_t kEpochsAMessage = 100;
constexpr int kMostTogether = 16;
constexpr std::chrono::seconds kWelcomeWithin{60};
constexpr std::chrono::seconds kBeat{10};

float MillisecondsSince(steady_clock::time_point begin) {
  return std::chrono::duration<float, std::milli>(steady_clock::now() - begin).count();
}

v1::WorkerMessage HelloOf(std::int64_t number) {
  v1::WorkerMessage message;
  v1::Hello* hello = message.mutable_hello();
  hello->set_name(fmt::format("idle-{}", number));
  hello->set_instance(fmt::format("{:032x}", number));
  hello->set_slots(1);
  hello->set_numerics_digest("none");
  v1::DatasetOffer* offer = hello->add_datasets();
  offer->set_key(kIdleSet);
  offer->set_hash("idle");
  offer->add_sample_shape(2);
  offer->set_classes(2);
  offer->set_train_rows(100);
  offer->set_test_rows(10);
  return message;
}

v1::WorkerMessage ReadyMessage() {
  v1::WorkerMessage message;
  message.mutable_ready()->set_slots(1);
  return message;
}

template <class Message>
void SetTrial(const v1::Lease& lease, Message* message) {
  message->set_study(lease.study());
  message->set_trial(lease.trial());
  message->set_attempt(lease.attempt());
}

// From a half to one and a half, one on average: a fleet's trials do not end in step.
double Scatter(std::int64_t trial) {
  constexpr double kGolden = 0.6180339887498949;
  const double turns = static_cast<double>(trial) * kGolden;
  return 0.5 + turns - std::floor(turns);
}

// A curve like any other, of the trial's own.
void SetEpoch(std::int64_t trial, std::int64_t number, v1::Epoch* epoch) {
  const double error = 0.1 + 0.5 / static_cast<double>(number) + 1e-6 * static_cast<double>(trial % 1000);
  epoch->set_epoch(number);
  epoch->set_train_loss(2 * error);
  epoch->set_train_error(error);
  epoch->set_validation_loss(3 * error);
  epoch->set_validation_error(1.1 * error);
  epoch->set_learning_rate(0.1);
  epoch->set_seconds(0.001);
  epoch->set_gradient_norm(error);
  epoch->set_weight_norm(10 * error);
  epoch->set_samples_per_second(1e5);
}

}  // namespace

// What all of them come to.
struct IdleTrainers::Shared {
  void Welcome() {
    const std::lock_guard lock(mutex);
    ++welcome;
    changed.notify_all();
  }
  void Ended(const grpc::Status& status) {
    const std::lock_guard lock(mutex);
    if (first_error.ok()) {
      first_error = absl::Status(static_cast<absl::StatusCode>(status.error_code()),
                                 fmt::format("a session ended: {}", status.error_message()));
    }
    changed.notify_all();
  }
  void Stored() {
    const std::lock_guard lock(mutex);
    ++stored;
    last_stored = steady_clock::now();
    if (stored >= wanted) changed.notify_all();
  }

  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::int64_t welcome = 0;
  std::int64_t stored = 0, wanted = 0;
  steady_clock::time_point begun, last_stored;
  absl::Status first_error;
};

class IdleTrainers::Trainer : public grpc::ClientBidiReactor<v1::WorkerMessage, v1::CoordinatorMessage> {
 public:
  // `trial` is how long one lasts, by the clockwork where that is not nothing.
  Trainer(std::shared_ptr<Shared> shared, Clockwork& clockwork, std::chrono::milliseconds trial,
          const std::shared_ptr<grpc::Channel>& channel, std::int64_t number)
      : shared_(std::move(shared)),
        clockwork_(clockwork),
        trial_(trial),
        stub_(v1::WorkerService::NewStub(channel)) {
    stub_->async()->Session(&context_, this);
    Send(HelloOf(number));
    Send(ReadyMessage());
    StartRead(&incoming_);
    handed_over_.store(true, std::memory_order_release);
    StartCall();
  }
  ~Trainer() override {
    context_.TryCancel();
    std::unique_lock lock(mutex_);
    ended_.wait(lock, [this] { return done_; });
  }
  Trainer(const Trainer&) = delete;
  Trainer& operator=(const Trainer&) = delete;

  void Begin() {
    const std::lock_guard lock(mutex_);
    begun_ = true;
  }
  void Beat() {
    v1::WorkerMessage beat;
    beat.mutable_heartbeat();
    Send(std::move(beat));
  }
  void AddTimes(TrialTimes& times) {
    const std::lock_guard lock(mutex_);
    times.lease_ms.insert(times.lease_ms.end(), lease_ms_.begin(), lease_ms_.end());
    times.ack_ms.insert(times.ack_ms.end(), ack_ms_.begin(), ack_ms_.end());
  }

  void OnReadInitialMetadataDone(bool /*ok*/) override { SeeAll(); }
  void OnReadDone(bool ok) override {
    SeeAll();
    if (!ok) return;
    Handle(incoming_);
    StartRead(&incoming_);
  }
  void OnWriteDone(bool ok) override {
    SeeAll();
    const std::lock_guard lock(mutex_);
    writing_ = false;
    if (ok) WriteLocked();
  }
  void OnDone(const grpc::Status& status) override {
    SeeAll();
    shared_->Ended(status);
    const std::lock_guard lock(mutex_);
    done_ = true;
    ended_.notify_all();
  }

 private:
  // What was done before gRPC had this: it sees to the order itself, where ThreadSanitizer cannot look.
  void SeeAll() const { static_cast<void>(handed_over_.load(std::memory_order_acquire)); }

  void Handle(const v1::CoordinatorMessage& message) {
    switch (message.kind_case()) {
      case v1::CoordinatorMessage::kWelcome:
        return shared_->Welcome();
      case v1::CoordinatorMessage::kLease:
        return Begin(message.lease());
      case v1::CoordinatorMessage::kEpochsStored:
        return EpochsStored(message.epochs_stored().epoch());
      case v1::CoordinatorMessage::kOutcomeStored:
        return shared_->Stored();
      case v1::CoordinatorMessage::kRevoked:
        return shared_->Ended({grpc::StatusCode::ABORTED, message.revoked().reason()});
      case v1::CoordinatorMessage::kSeveral:
        for (const v1::CoordinatorMessage& each : message.several().messages()) Handle(each);
        return;
      default:
        return;
    }
  }

  void Begin(const v1::Lease& lease) {
    {
      const std::lock_guard lock(mutex_);
      // The first waited for its study to be made.
      if (begun_ && ready_at_) lease_ms_.push_back(MillisecondsSince(*ready_at_));
    }
    if (trial_ == trial_.zero()) return End(lease);
    const auto lasts = std::chrono::duration_cast<steady_clock::duration>(trial_ * Scatter(lease.trial()));
    clockwork_.At(steady_clock::now() + lasts, [this, lease] { End(lease); });
  }

  void End(const v1::Lease& lease) {
    const std::lock_guard lock(mutex_);
    epochs_ = lease.epochs();
    for (std::int64_t epoch = 1; epoch <= epochs_;) {
      v1::WorkerMessage message;
      v1::EpochReport* report = message.mutable_reports()->add_reports();
      SetTrial(lease, report);
      for (const std::int64_t end = std::min(epochs_ + 1, epoch + kEpochsAMessage); epoch < end; ++epoch) {
        SetEpoch(lease.trial(), epoch, report->add_epochs());
      }
      outbox_.push_back(std::move(message));
    }
    reported_at_ = steady_clock::now();
    v1::WorkerMessage outcome;
    SetTrial(lease, outcome.mutable_outcome());
    outcome.mutable_outcome()->set_kind(v1::Outcome::COMPLETED);
    outbox_.push_back(std::move(outcome));
    outbox_.push_back(ReadyMessage());
    ready_at_ = steady_clock::now();
    WriteLocked();
  }

  void EpochsStored(std::int64_t epoch) {
    const std::lock_guard lock(mutex_);
    if (epoch == epochs_) ack_ms_.push_back(MillisecondsSince(reported_at_));
  }

  void Send(v1::WorkerMessage message) {
    const std::lock_guard lock(mutex_);
    outbox_.push_back(std::move(message));
    WriteLocked();
  }
  // What waits, as one, as a worker does. Under the lock, which orders one write's beginning behind another's end;
  // gRPC calls nothing of ours from in there.
  void WriteLocked() {
    if (writing_ || outbox_.empty()) return;
    outgoing_.Clear();
    if (outbox_.front().has_hello()) {
      outgoing_ = std::move(outbox_.front());
      outbox_.pop_front();
    }
    while (!outgoing_.has_hello() && !outbox_.empty() && outgoing_.several().messages_size() < kMostTogether) {
      *outgoing_.mutable_several()->add_messages() = std::move(outbox_.front());
      outbox_.pop_front();
    }
    writing_ = true;
    StartWrite(&outgoing_);
  }

  const std::shared_ptr<Shared> shared_;
  Clockwork& clockwork_;
  const std::chrono::duration<double> trial_;
  const std::unique_ptr<v1::WorkerService::Stub> stub_;
  grpc::ClientContext context_;
  v1::CoordinatorMessage incoming_;
  std::atomic<bool> handed_over_{false};

  std::mutex mutex_;  // guards what follows
  std::condition_variable ended_;
  bool done_ = false;
  bool begun_ = false;
  std::deque<v1::WorkerMessage> outbox_;
  v1::WorkerMessage outgoing_;  // while writing_
  bool writing_ = false;
  std::int64_t epochs_ = 0;
  std::optional<steady_clock::time_point> ready_at_;
  steady_clock::time_point reported_at_;
  std::vector<float> lease_ms_, ack_ms_;
};

IdleTrainers::IdleTrainers() : shared_(std::make_shared<Shared>()), clockwork_(std::make_unique<Clockwork>()) {}
IdleTrainers::~IdleTrainers() {
  clockwork_->Stop();  // it calls trainers, and they give it what to call
  trainers_.clear();
}

absl::StatusOr<std::unique_ptr<IdleTrainers>> IdleTrainers::Connect(const std::string& address,
                                                                    std::int64_t workers,
                                                                    std::chrono::milliseconds trial) {
  std::unique_ptr<IdleTrainers> all(new IdleTrainers());
  for (std::int64_t number = 1; number <= workers; ++number) {
    auto channel = client::OpenChannel(address, client::Connection::kOwn);
    if (!channel.ok()) return channel.status();
    all->trainers_.push_back(std::make_unique<Trainer>(all->shared_, *all->clockwork_, trial, *channel, number));
  }
  Shared& shared = *all->shared_;
  std::unique_lock lock(shared.mutex);
  const bool welcome = shared.changed.wait_for(
      lock, kWelcomeWithin, [&] { return shared.welcome == workers || !shared.first_error.ok(); });
  absl::Status status = shared.first_error;
  if (status.ok() && !welcome) {
    status = absl::DeadlineExceededError(fmt::format("{} of {} workers are welcome", shared.welcome, workers));
  }
  lock.unlock();  // the sessions' last words want it
  if (!status.ok()) return status;
  return all;
}

void IdleTrainers::Begin() {
  for (const auto& trainer : trainers_) trainer->Begin();
  // Whoever has waited long for the others must be seen to live.
  for (const auto& trainer : trainers_) trainer->Beat();
  const std::lock_guard lock(shared_->mutex);
  shared_->begun = steady_clock::now();
}

absl::StatusOr<TrialTimes> IdleTrainers::WaitFor(std::int64_t trials) {
  TrialTimes times;
  {
    std::unique_lock lock(shared_->mutex);
    shared_->wanted = trials;
    shared_->changed.wait(lock, [&] { return shared_->stored >= trials || !shared_->first_error.ok(); });
    if (shared_->stored < trials) return shared_->first_error;
    times.seconds = std::chrono::duration<double>(shared_->last_stored - shared_->begun).count();
  }
  for (const auto& trainer : trainers_) trainer->AddTimes(times);
  return times;
}

void IdleTrainers::Idle(std::chrono::seconds duration) {
  const steady_clock::time_point end = steady_clock::now() + duration;
  const auto between = std::chrono::duration_cast<steady_clock::duration>(kBeat) / std::ssize(trainers_);
  for (std::size_t next = 0; steady_clock::now() < end; next = (next + 1) % trainers_.size()) {
    trainers_[next]->Beat();
    std::this_thread::sleep_for(between);
  }
}

}  // namespace hpsearch::bench
