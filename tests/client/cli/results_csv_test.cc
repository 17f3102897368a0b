// Cells, columns and names of what `export` writes. (That Python reads it back is
// tests/integration/export_test.py.)
#include "client/cli/results_csv.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <nlohmann/json.hpp>

#include "tests/client/cli/row_samples.h"

namespace hpsearch::cli {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::StartsWith;

TEST(TrialsCsv, QuotesWhatNeedsIt) {
  store::TrialRow trial = SomeTrial();
  trial.reason = "said \"no\", twice\n";
  trial.worker = " w";
  trial.parameters = R"({"activation":"","rate":1e-05,"nesterov":true,"none":null})";
  const TrialsCsv csv(ParameterNames({trial}));
  EXPECT_EQ(csv.Header(),
            "trial,round,state,reason,objective,best_epoch,epochs,epochs_planned,activation,rate,nesterov,none,"
            "seed,replicate,worker,attempt,reused_from,seconds\n");
  EXPECT_EQ(csv.Row(trial),
            "3,1,COMPLETED,\"said \"\"no\"\", twice\n\",0.1,4,5,5,\"\",1e-05,true,,0,0,\" w\",1,,2.25\n");
}

TEST(TrialsCsv, ParametersThatAreNotInEveryTrialAreEmptyThere) {
  store::TrialRow first = SomeTrial(), second = SomeTrial();
  first.parameters = R"({"a":1})";
  second.parameters = R"({"b":2,"a":3})";
  const std::vector<std::string> names = ParameterNames({first, second});
  EXPECT_THAT(names, ElementsAre("a", "b"));
  EXPECT_THAT(TrialsCsv(names).Row(first), HasSubstr(",5,5,1,,0,"));
  EXPECT_THAT(TrialsCsv(names).Row(second), HasSubstr(",5,5,3,2,0,"));
}

TEST(CurvesCsv, AColumnThatIsCalledAsAParameterGivesWay) {
  store::TrialRow trial = SomeTrial();
  trial.parameters = R"({"learning_rate":0.5,"seed":9,"epoch_learning_rate":7})";
  trial.seed = 4;
  store::EpochRow epoch;
  epoch.epoch = 1;
  epoch.validation_error = 0.1 + 0.2;
  epoch.train_loss = 3;
  epoch.learning_rate = 0.25;
  epoch.metrics = {{"train_mae", 1.5}};
  const CurvesCsv csv(ParameterNames({trial}), {"train_mae", "validation_mae"});
  EXPECT_EQ(csv.Header(),
            "trial,learning_rate,seed,epoch_learning_rate,trial_seed,run,epoch,train_loss,train_error,"
            "validation_loss,validation_error,epoch_epoch_learning_rate,seconds,gradient_norm,weight_norm,"
            "samples_per_second,train_mae,validation_mae\n");
  EXPECT_EQ(csv.Rows(trial, {epoch}), "3,0.5,9,7,4,0,1,3.0,,,0.30000000000000004,0.25,0.0,,,,1.5,\n");
}

TEST(CurvesCsv, ARowAnEpoch) {
  const store::TrialRow trial = SomeTrial();
  store::EpochRow one, two;
  one.epoch = 1;
  two.epoch = 2;
  two.train_loss = std::numeric_limits<double>::denorm_min();
  const std::string rows = CurvesCsv(ParameterNames({trial}), {}).Rows(trial, {one, two});
  EXPECT_THAT(rows, StartsWith("3,0.1,10.0,3,x,0,0,1,,"));
  EXPECT_THAT(rows, HasSubstr("\n3,0.1,10.0,3,x,0,0,2,5e-324,"));
}

}  // namespace
}  // namespace hpsearch::cli
