#include "server/model/trial_content.h"

#include <gtest/gtest.h>

#include "server/model/json.h"

namespace hpsearch::model {
namespace {

Node Json(const std::string& text) { return FromJson(text).value(); }

const Node kModel = Json(R"([{"dense":{"units":2,"name":"a \"b\""}}])");
const Node kDataset = Json(R"({"name":"digits","classes":[3,8]})");

std::string TextOf(const Node& training) {
  const std::string hash = "h\"1";
  const std::string numerics = "n2";
  return TrialContent{.model = kModel,
                      .training = training,
                      .dataset = kDataset,
                      .data_hash = hash,
                      .seed = 7,
                      .replicate = 1,
                      .numerics_digest = numerics}
      .Text()
      .value();
}

// The names of a worker's checkpoints hang on the text: it is that of the whole as one document.
TEST(TrialContent, IsOneDocumentWithoutTheEpochs) {
  const Node whole(
      Node::Mapping{{"model", kModel},
                    {"training", Json(R"({"batch_size":32,"optimizer":{"sgd":{"learning_rate":0.1}}})")},
                    {"dataset", kDataset},
                    {"data_hash", "h\"1"},
                    {"seed", 7},
                    {"replicate", 1},
                    {"numerics", "n2"}});
  for (const char* training : {R"({"epochs":5,"batch_size":32,"optimizer":{"sgd":{"learning_rate":0.1}}})",
                               R"({"batch_size":32,"epochs":9,"optimizer":{"sgd":{"learning_rate":0.1}}})",
                               R"({"batch_size":32,"optimizer":{"sgd":{"learning_rate":0.1}}})"}) {
    EXPECT_EQ(TextOf(Json(training)), ToJson(whole)) << training;
  }
}

// A cosine that ends with the study is another one where that has other epochs; one that says its own end is not,
// nor is one without an end.
TEST(TrialContent, CountsEpochsWhereAScheduleEndsWithThem) {
  const auto training = [](int epochs, const std::string& schedule) {
    return Json(R"({"epochs":)" + std::to_string(epochs) + R"(,"optimizer":{"sgd":{}},"schedule":)" + schedule +
                "}");
  };
  EXPECT_NE(TextOf(training(5, R"({"cosine":{}})")), TextOf(training(6, R"({"cosine":{}})")));
  for (const char* schedule : {R"({"cosine":{"epochs":20}})", R"({"time_decay":{"rate":0.1}})", "null"}) {
    EXPECT_EQ(TextOf(training(5, schedule)), TextOf(training(6, schedule))) << schedule;
  }
}

}  // namespace
}  // namespace hpsearch::model
