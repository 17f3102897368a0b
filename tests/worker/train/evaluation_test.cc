#include "worker/train/evaluation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <vector>

#include "tests/worker/train/synthetic.h"
#include "worker/train/trainer.h"

namespace hpsearch::train {
namespace {

using ::testing::ElementsAre;

void Add(Confusion& confusion, std::int64_t label, std::vector<float> logits) { confusion.Add(label, logits); }

TEST(Confusion, CountsWhatWasTakenForWhat) {
  Confusion confusion(2, 3);  // a softmax with a unit too many
  Add(confusion, 0, {2, 1, 0});
  Add(confusion, 0, {1, 1, 0});  // a tie: the lower
  Add(confusion, 0, {0, 1, 0});
  Add(confusion, 1, {0, 0, 5});
  Add(confusion, 1, {0, 9, 5});
  EXPECT_THAT(confusion.counts(), ElementsAre(ElementsAre(2, 1, 0), ElementsAre(0, 1, 1)));
  EXPECT_DOUBLE_EQ(confusion.Precision(0), 1);
  EXPECT_DOUBLE_EQ(confusion.Precision(1), 0.5);
  EXPECT_DOUBLE_EQ(confusion.Recall(0), 2.0 / 3);
  EXPECT_DOUBLE_EQ(confusion.Recall(1), 0.5);
}

TEST(Confusion, OneUnitChoosesBetweenTwo) {
  Confusion confusion(2, 1);
  Add(confusion, 1, {0.1F});
  Add(confusion, 1, {-0.1F});
  Add(confusion, 1, {0});
  EXPECT_THAT(confusion.counts(), ElementsAre(ElementsAre(0, 0), ElementsAre(2, 1)));
  EXPECT_TRUE(std::isnan(confusion.Recall(0)));
  EXPECT_DOUBLE_EQ(confusion.Precision(0), 0);
}

// The rows that validate, put into the test set as well: the same loss and error, and the diagonal is what is
// right.
TEST(Evaluation, AgreesWithTheValidationOfTheSameRows) {
  UseOneThread();
  TrialSetup setup = SmallSetup();
  auto with_test = std::make_shared<data::Dataset>(*setup.split.dataset);
  with_test->test = with_test->train;
  setup.split.dataset = with_test;
  setup.split.test = setup.split.validation;
  auto trainer = Trainer::Create(setup);
  ASSERT_TRUE(trainer.ok()) << trainer.status();
  const std::atomic<bool> cancelled = false;
  const auto epoch = (*trainer)->NextEpoch(cancelled);
  ASSERT_TRUE(epoch.ok());
  const auto evaluation = (*trainer)->EvaluateTest(cancelled);
  ASSERT_TRUE(evaluation.ok()) << evaluation.status();
  EXPECT_EQ(evaluation->rows, 60);
  EXPECT_THAT(evaluation->class_values, ElementsAre(3, 10, 17, 24));  // labels in the file
  EXPECT_THAT(evaluation->class_names, ElementsAre("3", "10", "17", "24"));
  EXPECT_EQ(evaluation->loss, epoch->validation_loss);
  EXPECT_EQ(evaluation->error, epoch->validation_error);
  std::int64_t right = 0, all = 0;
  for (std::int64_t label = 0; label < evaluation->confusion.classes(); ++label) {
    const auto& row = evaluation->confusion.counts()[static_cast<std::size_t>(label)];
    right += row[static_cast<std::size_t>(label)];
    for (const std::int64_t count : row) all += count;
  }
  EXPECT_EQ(all, 60);
  EXPECT_DOUBLE_EQ(1 - static_cast<double>(right) / 60, evaluation->error);
  EXPECT_TRUE((*trainer)->NextEpoch(cancelled).ok());  // and nothing of the training has changed
}

TEST(Evaluation, WantsATestSet) {
  UseOneThread();
  auto trainer = Trainer::Create(SmallSetup());
  const std::atomic<bool> cancelled = false;
  EXPECT_TRUE(absl::IsFailedPrecondition((*trainer)->EvaluateTest(cancelled).status()));
}

}  // namespace
}  // namespace hpsearch::train
