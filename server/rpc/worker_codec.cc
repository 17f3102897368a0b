#include "server/rpc/worker_codec.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "proto/codec/document_codec.h"

namespace hpsearch::rpc {
namespace {

constexpr int kMostDatasets = 10'000;
constexpr int kMostHeld = 1024;
constexpr int kMostTogether = 1024;
constexpr int kMostAnswered = 256;
constexpr int kMostReports = 8192;  // in all of a `several`; far more than a worker has
constexpr std::int64_t kMostMetrics = std::int64_t{2} * model::kMetrics;  // each of both parts
constexpr std::size_t kMostStudyName = 63;
constexpr int kMostDimensions = 8;
constexpr std::size_t kMostKey = 4096;     // a path's length
constexpr std::size_t kMostReason = 4096;  // a longer one is cut
constexpr std::size_t kMostVersion = 64;   // a longer one is cut
constexpr std::int64_t kMostRows = std::int64_t{1} << 40;

absl::Status Wrong(std::string_view field, const std::string& message) {
  return absl::InvalidArgumentError(fmt::format("{}: {}", field, message));
}

// Printable ASCII of 1 to 128 characters.
absl::Status CheckText(std::string_view field, std::string_view text) {
  constexpr std::size_t kMost = 128;
  if (text.empty() || text.size() > kMost) {
    return Wrong(field, fmt::format("{} characters; 1 to {} are wanted", text.size(), kMost));
  }
  if (std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c <= '~'; })) return absl::OkStatus();
  return Wrong(field, "printable ASCII is wanted");
}

absl::Status CheckRange(std::string_view field, std::int64_t value, std::int64_t low, std::int64_t high) {
  if (value >= low && value <= high) return absl::OkStatus();
  return Wrong(field, fmt::format("{}; {} to {} is wanted", value, low, high));
}

// Its length alone: of what it names, the coordinator says whether it is there.
absl::Status CheckStudy(std::string_view field, std::string_view study) {
  if (study.size() <= kMostStudyName) return absl::OkStatus();
  return Wrong(field, fmt::format("{} bytes; a study's name has {} at most", study.size(), kMostStudyName));
}

std::string Cut(const std::string& text, std::size_t most) {
  if (text.size() <= most) return text;
  std::size_t end = most;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;  // not inside a character
  return text.substr(0, end) + "...";
}

absl::StatusOr<study::DatasetOffer> ReadOffer(const v1::DatasetOffer& message) {
  study::DatasetOffer offer;
  offer.key = message.key();
  offer.fault = Cut(message.fault(), kMostReason);
  if (offer.key.empty() || offer.key.size() > kMostKey) {
    return Wrong("hello.datasets.key", fmt::format("{} bytes; 1 to {} are wanted", offer.key.size(), kMostKey));
  }
  if (!offer.fault.empty()) return offer;
  offer.hash = message.hash();
  if (absl::Status status = CheckText("hello.datasets.hash", offer.hash); !status.ok()) return status;
  if (message.sample_shape_size() > kMostDimensions) {
    return Wrong("hello.datasets.sample_shape", fmt::format("more than {} dimensions", kMostDimensions));
  }
  std::int64_t elements = 1;
  for (const std::int64_t size : message.sample_shape()) {
    absl::Status status = CheckRange("hello.datasets.sample_shape", size, 1, kMostRows / elements);
    if (!status.ok()) return status;
    elements *= size;
    offer.shape.sample.push_back(size);
  }
  absl::Status status = CheckRange("hello.datasets.classes", message.classes(), 0, kMostRows);
  if (status.ok()) status = CheckRange("hello.datasets.train_rows", message.train_rows(), 0, kMostRows);
  if (status.ok()) status = CheckRange("hello.datasets.test_rows", message.test_rows(), 0, kMostRows);
  if (!status.ok()) return status;
  offer.shape.classes = message.classes();
  offer.shape.train_rows = message.train_rows();
  offer.shape.test_rows = message.test_rows();
  offer.shape.table = message.table();
  offer.shape.numbers = message.numbers();
  return offer;
}

absl::StatusOr<WorkerInput> ReadHello(const v1::Hello& message) {
  absl::Status status = CheckText("hello.instance", message.instance());
  if (status.ok()) status = CheckText("hello.numerics_digest", message.numerics_digest());
  if (status.ok()) status = CheckRange("hello.datasets", message.datasets_size(), 0, kMostDatasets);
  if (status.ok()) status = CheckRange("hello.held", message.held_size(), 0, kMostHeld);
  if (!status.ok()) return status;
  study::WorkerHello hello;
  hello.name = message.name();
  hello.instance = message.instance();
  hello.slots = message.slots();
  hello.numerics_digest = message.numerics_digest();
  hello.version = Cut(message.version(), kMostVersion);
  if (!message.instruction_set().empty()) {  // an older worker says nothing of it, and is pinned to none
    if (status = CheckText("hello.instruction_set", message.instruction_set()); !status.ok()) return status;
    hello.instruction_set = message.instruction_set();
  }
  for (const v1::DatasetOffer& each : message.datasets()) {
    absl::StatusOr<study::DatasetOffer> offer = ReadOffer(each);
    if (!offer.ok()) return offer.status();
    hello.datasets.push_back(*std::move(offer));
  }
  for (const v1::HeldLease& held : message.held()) {
    if (status = CheckStudy("hello.held.study", held.study()); !status.ok()) return status;
    hello.held.push_back({held.study(), held.trial(), held.attempt()});
  }
  return hello;
}

// NaN stands for what is not finite, infinity included.
double Finite(bool set, double value) {
  return set && std::isfinite(value) ? value : std::numeric_limits<double>::quiet_NaN();
}

absl::StatusOr<std::vector<study::MetricValue>> ReadMetrics(const v1::Epoch& message) {
  std::vector<study::MetricValue> metrics;
  metrics.reserve(static_cast<std::size_t>(message.metrics_size()));
  for (const v1::MetricValue& each : message.metrics()) {
    const auto metric = model::MetricNamed(each.name());
    if (!metric.has_value())
      return Wrong("reports.epochs.metrics.name", "a metric that this version does not know");
    metrics.push_back({*metric, Finite(each.has_value(), each.value())});
  }
  std::ranges::sort(
      metrics, {}, [](const study::MetricValue& each) { return std::pair(each.metric.part, each.metric.metric); });
  return metrics;
}

absl::StatusOr<study::EpochRecord> ReadEpoch(const v1::Epoch& message) {
  study::EpochRecord epoch;
  epoch.epoch = message.epoch();
  epoch.train_loss = Finite(message.has_train_loss(), message.train_loss());
  epoch.train_error = Finite(message.has_train_error(), message.train_error());
  epoch.validation_loss = Finite(message.has_validation_loss(), message.validation_loss());
  epoch.validation_error = Finite(message.has_validation_error(), message.validation_error());
  epoch.learning_rate = message.learning_rate();
  epoch.seconds = message.seconds();
  epoch.gradient_norm = Finite(message.has_gradient_norm(), message.gradient_norm());
  epoch.weight_norm = Finite(message.has_weight_norm(), message.weight_norm());
  epoch.samples_per_second = Finite(message.has_samples_per_second(), message.samples_per_second());
  if (message.metrics().empty()) return epoch;
  absl::Status status = CheckRange("reports.epochs.metrics", message.metrics_size(), 0, kMostMetrics);
  if (!status.ok()) return status;
  absl::StatusOr<std::vector<study::MetricValue>> metrics = ReadMetrics(message);
  if (!metrics.ok()) return metrics.status();
  epoch.metrics = *std::move(metrics);
  return epoch;
}

absl::StatusOr<WorkerInput> ReadReports(const v1::EpochReports& message) {
  absl::Status status = CheckRange("reports", message.reports_size(), 0, kMostReports);
  if (!status.ok()) return status;
  std::vector<study::EpochReport> reports;
  reports.reserve(static_cast<std::size_t>(message.reports_size()));
  for (const v1::EpochReport& each : message.reports()) {
    if (status = CheckStudy("reports.study", each.study()); !status.ok()) return status;
    study::EpochReport& report = reports.emplace_back();
    report.study = each.study();
    report.trial = each.trial();
    report.attempt = each.attempt();
    for (const v1::Epoch& one : each.epochs()) {
      absl::StatusOr<study::EpochRecord> epoch = ReadEpoch(one);
      if (!epoch.ok()) return epoch.status();
      report.epochs.push_back(*std::move(epoch));
    }
  }
  return reports;
}

absl::StatusOr<WorkerInput> ReadOutcome(const v1::Outcome& message) {
  if (absl::Status status = CheckStudy("outcome.study", message.study()); !status.ok()) return status;
  study::TrialOutcome outcome{
      message.study(), message.trial(), message.attempt(), {}, Cut(message.reason(), kMostReason)};
  using Kind = study::TrialOutcome::Kind;
  switch (message.kind()) {
    case v1::Outcome::COMPLETED:
      outcome.kind = Kind::kCompleted;
      return outcome;
    case v1::Outcome::DIVERGED:
      outcome.kind = Kind::kDiverged;
      return outcome;
    case v1::Outcome::FAILED:
      outcome.kind = Kind::kFailed;
      return outcome;
    case v1::Outcome::DATA_FAULT:
      outcome.kind = Kind::kDataFault;
      return outcome;
    case v1::Outcome::RETURNED:
      outcome.kind = Kind::kReturned;
      return outcome;
    default:
      return Wrong("outcome.kind", fmt::format("{} is none", static_cast<int>(message.kind())));
  }
}

}  // namespace

absl::StatusOr<WorkerInput> ReadWorkerMessage(const v1::WorkerMessage& message) {
  switch (message.kind_case()) {
    case v1::WorkerMessage::kHello:
      return ReadHello(message.hello());
    case v1::WorkerMessage::kReady:  // of more than it has, the coordinator takes what it has
      if (message.ready().slots() < 1) {
        return Wrong("ready.slots", fmt::format("{}; 1 or more is wanted", message.ready().slots()));
      }
      return ReadySlots{message.ready().slots()};
    case v1::WorkerMessage::kReports:
      return ReadReports(message.reports());
    case v1::WorkerMessage::kOutcome:
      return ReadOutcome(message.outcome());
    case v1::WorkerMessage::kHeartbeat:
      return SignOfLife{};
    case v1::WorkerMessage::kDrain:
      return DrainRequest{};
    case v1::WorkerMessage::kSeveral:
    case v1::WorkerMessage::KIND_NOT_SET:
      break;
  }
  return absl::InvalidArgumentError("a message of no kind that this version knows");
}

absl::StatusOr<std::vector<WorkerInput>> ReadWorkerMessages(const v1::WorkerMessage& message) {
  std::vector<WorkerInput> inputs;
  if (!message.has_several()) {
    absl::StatusOr<WorkerInput> input = ReadWorkerMessage(message);
    if (!input.ok()) return input.status();
    inputs.push_back(*std::move(input));
    return inputs;
  }
  const auto& messages = message.several().messages();
  if (absl::Status status = CheckRange("several.messages", messages.size(), 1, kMostTogether); !status.ok()) {
    return status;
  }
  inputs.reserve(static_cast<std::size_t>(messages.size()));
  std::int64_t reports = 0;
  for (const v1::WorkerMessage& each : messages) {
    if (each.has_several() || each.has_hello()) return Wrong("several.messages", "hello and several stand alone");
    reports += each.reports().reports_size();
    if (absl::Status status = CheckRange("several.messages.reports", reports, 0, kMostReports); !status.ok()) {
      return status;
    }
    absl::StatusOr<WorkerInput> input = ReadWorkerMessage(each);
    if (!input.ok()) return input.status();
    inputs.push_back(*std::move(input));
  }
  return inputs;
}

v1::CoordinatorMessage TakeTogether(std::deque<v1::CoordinatorMessage>& waiting) {
  v1::CoordinatorMessage first = std::move(waiting.front());
  waiting.pop_front();
  if (waiting.empty() || first.has_lease()) return first;
  v1::CoordinatorMessage together;
  auto& messages = *together.mutable_several()->mutable_messages();
  *messages.Add() = std::move(first);
  for (bool last = false; !last && !waiting.empty() && messages.size() < kMostAnswered;) {
    last = waiting.front().has_lease();
    *messages.Add() = std::move(waiting.front());
    waiting.pop_front();
  }
  return together;
}

absl::StatusOr<v1::Lease> ToMessage(const study::Lease& lease) {
  v1::Lease message;
  model::Node plan;
  plan.Set("dataset", lease.plan.dataset);
  plan.Set("model", lease.plan.model);
  plan.Set("training", lease.plan.training);
  if (absl::Status status = codec::FromDocument(plan, &message); !status.ok()) {
    return absl::InternalError(fmt::format("a lease that cannot be sent: {}", status.ToString()));
  }
  message.set_study(lease.study);
  message.set_trial(lease.trial);
  message.set_attempt(lease.attempt);
  message.set_epochs(lease.epochs);
  message.set_epochs_stored(lease.epochs_stored);
  message.set_may_go_on(lease.may_go_on);
  message.set_data_hash(lease.data_hash);
  message.set_seed(lease.plan.seed);
  message.set_replicate(lease.plan.replicate);
  v1::Objective& objective = *message.mutable_objective();
  objective.set_metric(lease.objective.metric);
  objective.set_direction(lease.objective.direction == study::Objective::Direction::kMinimize ? "minimize"
                                                                                              : "maximize");
  objective.set_at(lease.objective.at == study::Objective::At::kBest ? "best" : "last");
  message.set_keep_checkpoints(lease.keep_checkpoints);
  message.set_spec_digest(lease.spec_digest);
  message.set_lease_seconds(lease.lease_seconds);
  message.set_shorter_study(lease.shorter_study);
  return message;
}

}  // namespace hpsearch::rpc
