#include "server/rpc/worker_codec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <limits>
#include <string>
#include <variant>

#include "tests/server/rpc/fake_worker.h"

namespace hpsearch::rpc {
namespace {

using ::testing::HasSubstr;

v1::WorkerMessage Hello() {
  v1::WorkerMessage message;
  *message.mutable_hello() = testing::HelloOf("w", "i", 2);
  return message;
}

TEST(WorkerCodec, ReadsAHello) {
  v1::WorkerMessage message = Hello();
  EXPECT_EQ(std::get<study::WorkerHello>(ReadWorkerMessage(message).value()).instruction_set, "native");
  message.mutable_hello()->set_instruction_set("avx2");
  v1::HeldLease* held = message.mutable_hello()->add_held();
  held->set_study("s");
  held->set_trial(3);
  held->set_attempt(4);
  const absl::StatusOr<WorkerInput> input = ReadWorkerMessage(message);
  ASSERT_TRUE(input.ok()) << input.status();
  const auto& hello = std::get<study::WorkerHello>(*input);
  EXPECT_EQ(hello.name, "w");
  EXPECT_EQ(hello.slots, 2);
  EXPECT_EQ(hello.instruction_set, "avx2");
  ASSERT_EQ(hello.datasets.size(), 1u);
  EXPECT_EQ(hello.datasets[0].shape.classes, 3);
  EXPECT_EQ(hello.datasets[0].shape.sample, model::Shape{4});
  ASSERT_EQ(hello.held.size(), 1u);
  EXPECT_EQ(hello.held[0].attempt, 4);
}

TEST(WorkerCodec, ReadsSeveralInTheirOrder) {
  v1::WorkerMessage message;
  v1::WorkerMessages* several = message.mutable_several();
  several->add_messages()->mutable_ready()->set_slots(3);
  several->add_messages()->mutable_heartbeat();
  const auto inputs = ReadWorkerMessages(message);
  ASSERT_TRUE(inputs.ok()) << inputs.status();
  ASSERT_EQ(inputs->size(), 2u);
  EXPECT_EQ(std::get<ReadySlots>(inputs->front()).slots, 3);
  EXPECT_TRUE(std::holds_alternative<SignOfLife>(inputs->back()));
  // One alone.
  const auto one = ReadWorkerMessages(several->messages(0));
  ASSERT_TRUE(one.ok()) << one.status();
  EXPECT_EQ(std::get<ReadySlots>(one->at(0)).slots, 3);
}

TEST(WorkerCodec, TakesTogetherWhatWaitsUpToALease) {
  std::deque<v1::CoordinatorMessage> waiting(3);
  waiting[0].mutable_epochs_stored()->set_epoch(7);
  waiting[1].mutable_lease()->set_trial(8);
  waiting[2].mutable_outcome_stored()->set_trial(9);
  const v1::CoordinatorMessage together = TakeTogether(waiting);
  ASSERT_EQ(together.several().messages_size(), 2);
  EXPECT_EQ(together.several().messages(0).epochs_stored().epoch(), 7);
  EXPECT_EQ(together.several().messages(1).lease().trial(), 8);
  // One alone is itself.
  EXPECT_EQ(TakeTogether(waiting).outcome_stored().trial(), 9);
  EXPECT_TRUE(waiting.empty());
  waiting.resize(2);
  waiting[0].mutable_lease()->set_trial(1);
  waiting[1].mutable_lease()->set_trial(2);
  EXPECT_EQ(TakeTogether(waiting).lease().trial(), 1);
  EXPECT_EQ(waiting.size(), 1u);
  waiting.clear();
  waiting.resize(300);
  for (v1::CoordinatorMessage& each : waiting) each.mutable_drained();
  EXPECT_EQ(TakeTogether(waiting).several().messages_size(), 256);
  EXPECT_EQ(waiting.size(), 44u);
}

TEST(WorkerCodec, RefusesSeveralOutOfBounds) {
  const auto refuses = [](const v1::WorkerMessages& several, const std::string& why) {
    v1::WorkerMessage message;
    *message.mutable_several() = several;
    const absl::Status status = ReadWorkerMessages(message).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr(why));
  };
  v1::WorkerMessages several;
  refuses(several, "several.messages");  // none
  *several.add_messages() = Hello();
  refuses(several, "stand alone");
  several.mutable_messages(0)->mutable_several()->add_messages()->mutable_heartbeat();
  refuses(several, "stand alone");
  several.mutable_messages(0)->mutable_ready()->set_slots(0);
  refuses(several, "ready.slots");
  several.Clear();
  for (int i = 0; i < 1025; ++i) several.add_messages()->mutable_heartbeat();
  refuses(several, "several.messages");
  // What one message may not hold, several may not either.
  several.Clear();
  for (int i = 0; i < 3; ++i) {
    v1::EpochReports* reports = several.add_messages()->mutable_reports();
    for (int j = 0; j < 3000; ++j) reports->add_reports()->set_study("s");
  }
  refuses(several, "several.messages.reports");
}

TEST(WorkerCodec, RefusesHellosOutOfBounds) {
  const auto refuses = [](const std::string& field, const std::function<void(v1::Hello*)>& spoil) {
    v1::WorkerMessage message = Hello();
    spoil(message.mutable_hello());
    const absl::Status status = ReadWorkerMessage(message).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
    EXPECT_THAT(std::string(status.message()), HasSubstr("hello." + field));
  };
  refuses("instance", [](v1::Hello* hello) { hello->clear_instance(); });
  refuses("datasets.key", [](v1::Hello* hello) { hello->mutable_datasets(0)->clear_key(); });
  refuses("datasets.train_rows", [](v1::Hello* hello) { hello->mutable_datasets(0)->set_train_rows(-1); });
  refuses("datasets.sample_shape", [](v1::Hello* hello) { hello->mutable_datasets(0)->set_sample_shape(0, 0); });
  refuses("datasets.sample_shape", [](v1::Hello* hello) {
    hello->mutable_datasets(0)->set_sample_shape(0, 1 << 30);
    hello->mutable_datasets(0)->add_sample_shape(1 << 30);
  });
}

TEST(WorkerCodec, RefusesWhatWouldFillTheMemory) {
  const auto refuses = [](const std::string& field, const v1::WorkerMessage& message) {
    const absl::Status status = ReadWorkerMessage(message).status();
    EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument) << field;
    EXPECT_THAT(std::string(status.message()), HasSubstr(field));
  };
  const std::string longest(63, 's');
  v1::WorkerMessage held = Hello(), report, outcome;
  held.mutable_hello()->add_held()->set_study(longest);
  report.mutable_reports()->add_reports()->set_study(longest);
  outcome.mutable_outcome()->set_study(longest);
  outcome.mutable_outcome()->set_kind(v1::Outcome::COMPLETED);
  for (const v1::WorkerMessage& message : {held, report, outcome}) EXPECT_TRUE(ReadWorkerMessage(message).ok());
  held.mutable_hello()->mutable_held(0)->set_study(longest + "s");
  report.mutable_reports()->mutable_reports(0)->set_study(longest + "s");
  outcome.mutable_outcome()->set_study(longest + "s");
  refuses("hello.held.study", held);
  refuses("reports.study", report);
  refuses("outcome.study", outcome);
  v1::WorkerMessage many;
  for (int i = 0; i < 10'000; ++i) many.mutable_reports()->add_reports();
  refuses("reports", many);
}

TEST(WorkerCodec, WhatIsNotFiniteIsNaN) {
  v1::WorkerMessage message;
  v1::Epoch* epoch = message.mutable_reports()->add_reports()->add_epochs();
  epoch->set_epoch(1);
  epoch->set_train_loss(std::numeric_limits<double>::infinity());
  epoch->set_train_error(0.25);
  const absl::StatusOr<WorkerInput> input = ReadWorkerMessage(message);
  ASSERT_TRUE(input.ok()) << input.status();
  const study::EpochRecord& record = std::get<std::vector<study::EpochReport>>(*input)[0].epochs[0];
  EXPECT_TRUE(std::isnan(record.train_loss));
  EXPECT_EQ(record.train_error, 0.25);
  EXPECT_TRUE(std::isnan(record.validation_loss));
}

TEST(WorkerCodec, MetricsComeInTheirOrderWhateverTheMessages) {
  v1::WorkerMessage message;
  v1::Epoch* epoch = message.mutable_reports()->add_reports()->add_epochs();
  epoch->set_epoch(1);
  epoch->set_weight_norm(3);
  const auto add = [epoch](const char* name) {
    v1::MetricValue* metric = epoch->add_metrics();
    metric->set_name(name);
    return metric;
  };
  add("validation_mae")->set_value(0.5);
  add("train_rmse");
  add("train_mae")->set_value(std::numeric_limits<double>::infinity());
  const absl::StatusOr<WorkerInput> input = ReadWorkerMessage(message);
  ASSERT_TRUE(input.ok()) << input.status();
  const study::EpochRecord& record = std::get<std::vector<study::EpochReport>>(*input)[0].epochs[0];
  EXPECT_EQ(record.weight_norm, 3);
  EXPECT_TRUE(std::isnan(record.gradient_norm));
  EXPECT_TRUE(std::isnan(record.samples_per_second));
  using model::Metric;
  using model::MetricPart;
  ASSERT_EQ(record.metrics.size(), 3U);
  EXPECT_EQ(record.metrics[0].metric, (model::PartMetric{MetricPart::kTrain, Metric::kMae}));
  EXPECT_EQ(record.metrics[1].metric, (model::PartMetric{MetricPart::kTrain, Metric::kRmse}));
  EXPECT_EQ(record.metrics[2].metric, (model::PartMetric{MetricPart::kValidation, Metric::kMae}));
  EXPECT_TRUE(std::isnan(record.metrics[0].value));
  EXPECT_TRUE(std::isnan(record.metrics[1].value));
  EXPECT_EQ(record.metrics[2].value, 0.5);

  add("train_loss");
  EXPECT_THAT(std::string(ReadWorkerMessage(message).status().message()),
              HasSubstr("reports.epochs.metrics.name"));
  epoch->clear_metrics();
  for (int i = 0; i < 11; ++i) add("train_mae");
  EXPECT_THAT(std::string(ReadWorkerMessage(message).status().message()), HasSubstr("reports.epochs.metrics: 11"));
}

TEST(WorkerCodec, RefusesMessagesOfNoKind) {
  v1::WorkerMessage message;
  EXPECT_FALSE(ReadWorkerMessage(message).ok());
  message.mutable_outcome();
  EXPECT_FALSE(ReadWorkerMessage(message).ok());
  message.mutable_ready()->set_slots(0);
  EXPECT_FALSE(ReadWorkerMessage(message).ok());
}

TEST(WorkerCodec, SendsAPlanWithItsValues) {
  study::Lease lease{.study = "s", .trial = 3, .attempt = 2, .epochs = 5, .epochs_stored = 1, .data_hash = "0123"};
  lease.plan.dataset = model::Node::Mapping{{"name", "set"}};
  lease.plan.model = model::Node::Sequence{model::Node::Mapping{{"dropout", model::Node::Mapping{{"rate", 0.0}}}}};
  lease.plan.training = model::Node::Mapping{{"epochs", 5}};
  lease.plan.seed = 7;
  const absl::StatusOr<v1::Lease> message = ToMessage(lease);
  ASSERT_TRUE(message.ok()) << message.status();
  EXPECT_EQ(message->trial(), 3);
  EXPECT_EQ(message->epochs_stored(), 1);
  EXPECT_EQ(message->data_hash(), "0123");
  EXPECT_EQ(message->seed(), 7);
  EXPECT_TRUE(message->model(0).dropout().has_rate());
  lease.plan.training = model::Node::Mapping{{"no_such_key", 5}};
  EXPECT_EQ(ToMessage(lease).status().code(), absl::StatusCode::kInternal);
}

}  // namespace
}  // namespace hpsearch::rpc
