#include "tests/simulation/worker.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>

#include "tests/simulation/broken.h"
#include "tests/simulation/line.h"

namespace hpsearch::simulation {
namespace {

constexpr Micros kWelcomeWithin = 20 * kSecond;
constexpr Micros kStopWithin = 2 * kSecond;
constexpr Micros kIdleBeat = static_cast<Micros>(1e6 * study::kIdleBeatSeconds);

// What the server says once and for all.
bool IsFinal(const absl::Status& status) { return absl::IsFailedPrecondition(status); }

v1::Epoch ToMessage(const study::EpochRecord& record) {
  v1::Epoch epoch;
  epoch.set_epoch(record.epoch);
  if (std::isfinite(record.train_loss)) epoch.set_train_loss(record.train_loss);
  if (std::isfinite(record.train_error)) epoch.set_train_error(record.train_error);
  if (std::isfinite(record.validation_loss)) epoch.set_validation_loss(record.validation_loss);
  if (std::isfinite(record.validation_error)) epoch.set_validation_error(record.validation_error);
  epoch.set_learning_rate(record.learning_rate);
  epoch.set_seconds(record.seconds);
  return epoch;
}

}  // namespace

Worker::Worker(Nature& nature, Server& server, const Delays& network, Host& host)
    : nature_(nature),
      server_(server),
      network_(network),
      host_(host),
      instance_(fmt::format("{}#{}", host.plan.name, ++host.processes)),
      backoff_(nature.dice.Next()),
      free_(host.plan.slots) {}

void Worker::Do(std::function<void()> act) {
  if (!alive_) return;
  if (!stopped_) return act();
  waiting_.push_back(std::move(act));
}

void Worker::After(Micros delay, std::function<void()> act) {
  nature_.After(delay, [weak = weak_from_this(), act = std::move(act)] {
    if (const auto self = weak.lock()) self->Do(act);
  });
}

void Worker::Start() {
  nature_.Log("{} begins", instance_);
  Connect();
}

void Worker::Kill() {
  if (!alive_) return;
  nature_.Log("{} is gone", instance_);
  alive_ = false;
  waiting_.clear();
  if (line_ != nullptr) line_->Drop();
  line_.reset();
}

void Worker::Stop(Micros until) {
  if (!alive_) return;
  nature_.Log("{} is stopped for {} s", instance_, static_cast<double>(until - nature_.now()) / 1e6);
  stopped_ = true;
  stopped_until_ = std::max(stopped_until_, until);
  nature_.After(until - nature_.now(), [weak = weak_from_this()] {
    const auto self = weak.lock();
    if (self == nullptr || !self->stopped_ || self->stopped_until_ > self->nature_.now()) return;
    self->nature_.Log("{} wakes", self->instance_);
    self->stopped_ = false;
    for (const auto& act : std::exchange(self->waiting_, {})) self->Do(act);
  });
}

void Worker::Drain() {
  Do([this] {
    nature_.Log("{} drains", instance_);
    draining_ = true;
    Talk();
  });
}

void Worker::Terminate() {
  Drain();
  Do([this] {
    for (auto& [id, training] : trainings_) training.cancelled = true;
    After(kStopWithin, [this] { Kill(); });
  });
}

void Worker::Disconnect() {
  if (line_ == nullptr) return;
  nature_.Log("the connection of {} breaks", instance_);
  line_->Break();
}

void Worker::CutOff(Micros until) {
  if (line_ != nullptr) line_->Stall(until);
}

study::WorkerHello Worker::Hello() {
  study::WorkerHello hello;
  hello.name = host_.plan.name;
  hello.instance = instance_;
  hello.slots = host_.plan.slots;
  hello.numerics_digest = host_.plan.arithmetic;
  hello.datasets = {{.key = "digits", .hash = "hash", .shape = {{4}, 2, 60, 10}}};
  for (const agent::LeaseId& id : outbox_.SendAgain()) hello.held.push_back({id.study, id.trial, id.attempt});
  return hello;
}

void Worker::Connect() {
  if (draining_ && free_ == host_.plan.slots && outbox_.empty()) return Kill();
  told_ = 0;
  drain_told_ = drained_ = welcomed_ = false;
  connected_at_ = nature_.now();
  ++beats_asked_;
  line_ = std::make_shared<Line>(nature_, server_, network_, weak_from_this());
  line_->Stall(host_.cut_off_until);
  line_->Open(Hello());
  After(kWelcomeWithin, [this, line = std::weak_ptr<Line>(line_)] {
    if (line_ != nullptr && line_ == line.lock() && !welcomed_) OnLost(absl::CancelledError("no welcome"));
  });
}

void Worker::OnWelcome() {
  welcomed_ = true;
  speak_by_ = nature_.now() + Beat();
  BeatLater();
  Talk();
}

void Worker::OnLost(const absl::Status& why) {
  nature_.Log("{} has lost its connection: {}", instance_, why.ToString());
  line_->Drop();
  line_.reset();
  if (IsFinal(why)) return Kill();
  backoff_.Ended(std::chrono::microseconds(nature_.now() - connected_at_));
  After(std::chrono::microseconds(backoff_.Next()).count(), [this] { Connect(); });
}

void Worker::OnLease(const study::Lease& lease) {
  const agent::LeaseId id{lease.study, lease.trial, lease.attempt};
  Invariant(!outbox_.Holds(id), "an attempt is leased once", "{}/{} attempt {} to {}", id.study, id.trial,
            id.attempt, instance_);
  outbox_.Open(id);
  beats_[id] = static_cast<Micros>(std::clamp(lease.lease_seconds / 3, 0.05, 60.0) * 1e6);
  speak_by_ = std::min(speak_by_, nature_.now() + beats_[id]);
  BeatLater();
  if (told_ > 0) --told_;
  if (draining_ || free_ == 0) {
    outbox_.Finish(id, v1::Outcome::RETURNED, "the worker takes no more");
  } else {
    --free_;
    Begin(lease);
  }
  Talk();
}

void Worker::OnRevoked(const agent::LeaseId& id) {
  outbox_.Drop(id);
  beats_.erase(id);
  const auto training = trainings_.find(id);
  if (training != trainings_.end()) training->second.cancelled = true;
}

void Worker::OnDrained() {
  drained_ = true;
  Talk();
}

void Worker::Begin(const study::Lease& lease) {
  const agent::LeaseId id{lease.study, lease.trial, lease.attempt};
  Training& training = trainings_[id];
  training = {.lease = lease, .point = PointOf(lease)};
  if (nature_.dice.Chance(host_.plan.fails)) training.fails_after = nature_.dice.Between(0, lease.epochs - 1);
  const auto kept = host_.checkpoints.find({lease.study, lease.trial});
  if (host_.plan.checkpoints && kept != host_.checkpoints.end()) {
    training.epochs = std::min(kept->second, lease.epochs);
    for (std::int64_t epoch = 1; epoch <= training.epochs; ++epoch) ReportEpoch(id, training, epoch);
  }
  const double takes = host_.plan.epoch_seconds * nature_.dice.Within(0.5, 1.5);
  After(static_cast<Micros>(takes * 1e6), [this, id] { Train(id); });
}

// One step of a training, and the next is on its way.
void Worker::Train(const agent::LeaseId& id) {
  Training& training = trainings_.at(id);
  const study::Lease& lease = training.lease;
  if (host_.plan.damaged) return EndTrial(id, v1::Outcome::DATA_FAULT, "the data set is damaged");
  if (training.cancelled) return EndTrial(id, v1::Outcome::RETURNED, "the training was cancelled");
  if (training.epochs == training.fails_after) return EndTrial(id, v1::Outcome::FAILED, "out of memory");
  const bool diverged = training.epochs > 0 && Diverges(training.point, training.epochs);
  if (!diverged && training.epochs < lease.epochs) {
    ++training.epochs;
    host_.checkpoints[{lease.study, lease.trial}] = training.epochs;
    ReportEpoch(id, training, training.epochs);
  }
  if (Diverges(training.point, training.epochs)) return EndTrial(id, v1::Outcome::DIVERGED, "not finite");
  if (training.epochs == lease.epochs) return EndTrial(id, v1::Outcome::COMPLETED, "");
  const double takes = host_.plan.epoch_seconds * nature_.dice.Within(0.5, 1.5);
  After(static_cast<Micros>(takes * 1e6), [this, id] { Train(id); });
  Talk();
}

void Worker::ReportEpoch(const agent::LeaseId& id, const Training& training, std::int64_t epoch) {
  outbox_.Report(id, ToMessage(Played(training.point, epoch, host_.plan.arithmetic)));
}

void Worker::EndTrial(const agent::LeaseId& id, v1::Outcome::Kind kind, const std::string& reason) {
  outbox_.Finish(id, kind, reason);
  trainings_.erase(id);
  ++free_;
  Talk();
}

Micros Worker::Beat() const {
  Micros beat = kIdleBeat;
  for (const auto& [id, of_lease] : beats_) beat = std::min(beat, of_lease);
  return beat;
}

bool Worker::TakeMessage(v1::WorkerMessage& message) {
  message.Clear();
  if (draining_ && !std::exchange(drain_told_, true)) {
    message.mutable_drain();
  } else if (!outbox_.Take(&message)) {
    if (!draining_ && free_ > told_) {
      message.mutable_ready()->set_slots(free_ - std::exchange(told_, free_));
    } else if (nature_.now() >= speak_by_) {
      message.mutable_heartbeat();
    } else {
      return false;
    }
  }
  speak_by_ = nature_.now() + Beat();
  return true;
}

void Worker::Talk() {
  if (line_ == nullptr || !welcomed_) return;
  if (draining_ && free_ == host_.plan.slots && outbox_.empty() && drained_) return Kill();
  std::vector<rpc::WorkerInput> inputs;
  v1::WorkerMessage message;
  while (TakeMessage(message)) {
    absl::StatusOr<rpc::WorkerInput> input = rpc::ReadWorkerMessage(message);
    Invariant(input.ok(), "a worker's message can be read", "{}", input.status().ToString());
    inputs.push_back(*std::move(input));
  }
  if (!inputs.empty()) line_->Say(std::move(inputs));
}

void Worker::BeatLater() {
  After(speak_by_ - nature_.now(), [this, asked = ++beats_asked_] {
    if (asked != beats_asked_ || line_ == nullptr) return;
    if (nature_.now() >= speak_by_) Talk();
    BeatLater();
  });
}

}  // namespace hpsearch::simulation
