#include "server/study/round_epochs_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/server/study/spec_documents.h"

namespace hpsearch::study {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr char kLeast[] = R"({"study": "s", "dataset": "digits",
                              "model": [{"dense": {"units": 2, "activation": "softmax"}}]})";

TEST(RoundEpochsCheck, UpToTheTrainings) {
  const auto faults = [](const char* refine, const char* training, const char* more = nullptr) {
    model::Node document = Document(kLeast);
    document.Set("training", Document(training));
    document.Set("search", Document(R"({"refine": )" + std::string(refine) + "}"));
    if (std::string(training).find('$') != std::string::npos) {
      document.Set("parameters", Document(R"({"epochs": {"values": [1, 3]}})"));
    }
    if (more != nullptr) document.Set("stopping", Document(more));
    return FaultsOf(document, nullptr);
  };
  const char* const twelve = R"({"epochs": 12, "optimizer": "sgd"})";
  EXPECT_THAT(faults(R"({"rounds": 3, "epochs": [3, 6, 12]})", twelve), IsEmpty());
  EXPECT_THAT(
      faults(R"({"rounds": 3, "epochs": [3, 6, 13]})", twelve),
      ElementsAre(HasSubstr("search.refine.epochs[2]: 13 epochs, and training.epochs, what the study can give "
                            "to a trial, is 12")));
  EXPECT_THAT(faults(R"({"rounds": 3, "epochs": [1, 2]})", R"({"epochs": "$epochs", "optimizer": "sgd"})"),
              ElementsAre(HasSubstr("search.refine.epochs: training.epochs is a parameter's")));
  EXPECT_THAT(faults(R"({"rounds": 3, "epochs": [1, 2]})", twelve, R"(["asha"])"),
              ElementsAre(HasSubstr("search.refine.epochs: a race in 'stopping'")));
  EXPECT_THAT(faults(R"({"rounds": 3, "epochs": [1, 2]})", twelve, R"([{"patience": 3}])"), IsEmpty());
}

}  // namespace
}  // namespace hpsearch::study
