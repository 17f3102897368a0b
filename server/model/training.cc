#include "server/model/training.h"

#include "server/model/canonical_value.h"
#include "server/model/key_check.h"
#include "server/model/section_check.h"
#include "server/model/training_rules.h"

namespace hpsearch::model {
Training ReadTraining(const Node& training, Faults& faults) {
  const std::size_t before = faults.size();
  Node canonical = training;
  KeyChecker checker(faults, nullptr);
  CheckTraining(canonical, checker);
  if (faults.size() > before) return {};

  Training read;
  read.epochs = Value<std::int64_t>(canonical, "epochs");
  read.batch_size = Value<std::int64_t>(canonical, "batch_size");
  read.validation_fraction = Value<double>(canonical, "validation_fraction");
  if (canonical.Find("validation_from") != nullptr) {
    read.validation_from =
        EnumNamed<ValidationFrom>(Value<std::string>(canonical, "validation_from"), ValidationFromNames());
  }
  if (canonical.Find("loss") != nullptr) {
    read.loss = EnumNamed<Loss>(Value<std::string>(canonical, "loss"), LossNames());
  }
  read.label_smoothing = ValueOr(canonical, "label_smoothing", 0.0);
  if (const Node* metrics = canonical.Find("metrics")) {
    for (const Node& metric : metrics->sequence()) {
      read.metrics.push_back(*EnumNamed<Metric>(metric.text(), MetricNames()));
    }
  }
  if (canonical.Find("precision") != nullptr) {
    read.precision = *EnumNamed<Precision>(Value<std::string>(canonical, "precision"), PrecisionNames());
  }
  read.threads = ValueOr<std::int64_t>(canonical, "threads", 1);
  if (canonical.Find("instruction_set") != nullptr) {
    read.instruction_set =
        *EnumNamed<InstructionSet>(Value<std::string>(canonical, "instruction_set"), InstructionSetNames());
  }
  read.optimizer = ReadOptimizer(*canonical.Find("optimizer"));
  if (const Node* schedule = canonical.Find("schedule")) read.schedule = ReadSchedule(*schedule);
  return read;
}

Loss LossFor(ActivationKind output) {
  switch (output) {
    case ActivationKind::kSoftmax:
      return Loss::kCrossEntropy;
    case ActivationKind::kSigmoid:
      return Loss::kBinaryCrossEntropy;
    default:
      return Loss::kMeanSquaredError;
  }
}

Loss LossFor(const Training& training, const Network& network) {
  return training.loss.value_or(LossFor(network.OutputActivation()));
}

Task TaskOf(Loss loss) {
  return loss == Loss::kMeanSquaredError || loss == Loss::kMeanAbsoluteError ? Task::kRegression
                                                                             : Task::kClassification;
}

std::int64_t TrainingRows(std::int64_t rows, double validation_fraction) {
  return static_cast<std::int64_t>(static_cast<double>(rows) * (1 - validation_fraction));
}

}  // namespace hpsearch::model
