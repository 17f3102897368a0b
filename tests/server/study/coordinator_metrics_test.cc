// Metrics that a study asks for, and regressions, on their way through the coordinator.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

#include "server/model/training.h"
#include "tests/server/study/coordinator_world.h"

namespace hpsearch::study {
namespace {

using model::Metric;
using model::MetricPart;
using ::testing::HasSubstr;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

class CoordinatorMetrics : public ::testing::Test {
 protected:
  void Begin(StudyText text) {
    text.model = R"([{"dense":{"units":1}}])";
    ASSERT_TRUE(world.Create(text).ok());
    worker = world.Start(Hello());
    ASSERT_EQ(worker->leases.size(), 1U);
    lease = worker->leases[0];
  }
  static WorkerHello Hello() {
    WorkerHello hello = World::Hello();
    hello.datasets[0].shape = {.sample = {4}, .train_rows = 60, .numbers = true};
    return hello;
  }
  // As a regression has it: no errors; of each part mae and r2.
  static EpochRecord Epoch(std::int64_t epoch, double validation_r2) {
    EpochRecord record = PlayedEpoch(0.001, epoch);
    record.train_error = record.validation_error = kNan;
    record.gradient_norm = 0.5;
    record.weight_norm = 2;
    record.samples_per_second = 1e5;
    record.metrics = {{{MetricPart::kTrain, Metric::kMae}, 3},
                      {{MetricPart::kTrain, Metric::kR2}, -1},
                      {{MetricPart::kValidation, Metric::kMae}, 4},
                      {{MetricPart::kValidation, Metric::kR2}, validation_r2}};
    return record;
  }
  void Report(std::vector<EpochRecord> epochs) {
    world->Report(worker->session, {lease.study, lease.trial, lease.attempt, std::move(epochs)});
    world.Run();
  }

  World world;
  std::shared_ptr<FakeWorker> worker;
  Lease lease;
};

TEST_F(CoordinatorMetrics, ARegressionIsJudgedByItsLossAndHasNotDiverged) {
  Begin({});
  EpochRecord first = Epoch(1, 0), second = Epoch(2, 0);
  first.metrics = second.metrics = {};
  Report({first, second});
  world.Finish(*worker, lease);
  const TrialRecord row = world.Trial(1);
  EXPECT_EQ(row.state, TrialState::kCompleted) << row.reason;
  EXPECT_EQ(row.objective, second.validation_loss);
  EXPECT_EQ(world.Study().metric, "validation_loss");
  EXPECT_EQ(world.Study().best_trial, 1);
}

TEST_F(CoordinatorMetrics, OneOfThemMayBeTheObjective) {
  Begin({.epochs = 3,
         .objective = R"({"metric":"validation_r2","direction":"maximize"})",
         .metrics = R"(["r2","mae"])"});
  model::Faults faults;
  EXPECT_THAT(model::ReadTraining(lease.plan.training, faults).metrics,
              ::testing::ElementsAre(Metric::kMae, Metric::kR2));
  Report({Epoch(1, 0.25), Epoch(2, 0.75)});
  world.Crash();
  WorkerHello hello = Hello();
  hello.instance = "another";
  worker = world.Start(hello);
  lease = worker->leases.at(0);
  EXPECT_EQ(lease.epochs_stored, 2);
  // What was stored comes again, and is held against the rows.
  Report({Epoch(1, 0.25), Epoch(2, 0.75), Epoch(3, 0.5)});
  world.Finish(*worker, lease);
  EXPECT_EQ(world.Trial(1).state, TrialState::kCompleted) << world.Trial(1).reason;
  EXPECT_EQ(world.Trial(1).objective, 0.75);
  EXPECT_EQ(world.Trial(1).best_epoch, 2);
  EXPECT_EQ(world.store.Epochs(1, 1).at(3).metrics.size(), 4U);
}

TEST_F(CoordinatorMetrics, OtherBitsOfAMetricFailTheTrial) {
  Begin({.metrics = R"(["mae","r2"])"});
  Report({Epoch(1, 0.5)});
  Report({Epoch(1, 0.5)});
  EXPECT_EQ(world.Trial(1).state, TrialState::kRunning);
  Report({Epoch(1, std::nextafter(0.5, 1))});
  EXPECT_EQ(world.Trial(1).state, TrialState::kFailed);
  EXPECT_THAT(world.Trial(1).reason, HasSubstr("irreproducible: epoch 1"));
}

TEST_F(CoordinatorMetrics, OthersThanTheStudysCloseTheSession) {
  Begin({.metrics = R"(["mae","r2"])"});
  std::vector<EpochRecord> bad(5, Epoch(1, 0.5));
  bad[0].metrics.clear();
  bad[1].metrics.pop_back();
  std::swap(bad[2].metrics[0], bad[2].metrics[1]);
  bad[3].metrics[0].metric.metric = Metric::kAccuracy;
  bad[4].weight_norm = -1;
  for (const EpochRecord& epoch : bad) {
    WorkerHello hello = Hello();
    hello.held = {{"s", 1, 1}};
    worker = world.Connect(hello);
    Report({epoch});
    ASSERT_TRUE(worker->closed.has_value());
    EXPECT_TRUE(absl::IsInvalidArgument(*worker->closed)) << *worker->closed;
  }
  EXPECT_EQ(world.Trial(1).epochs, 0);
}

TEST_F(CoordinatorMetrics, ADataSetOfClassesIsNoRegressions) {
  StudyText text;
  text.model = R"([{"dense":{"units":1}}])";
  ASSERT_TRUE(world.Create(text).ok());
  worker = world.Start(World::Hello());
  EXPECT_TRUE(worker->leases.empty());
  EXPECT_EQ(world.Study().state, StudyState::kFailed);
  EXPECT_THAT(world.Study().reason, HasSubstr("the data set's targets are 2 classes"));
}

}  // namespace
}  // namespace hpsearch::study
