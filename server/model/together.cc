// CheckTogether of sections.h.
#include <fmt/format.h>

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>

#include "server/model/canonical_value.h"
#include "server/model/outline.h"
#include "server/model/sections.h"
#include "server/model/task_check.h"
#include "server/model/training_rules.h"
#include "server/model/wiring.h"

namespace hpsearch::model {
namespace {

// What is known of the labels; nullopt: nothing.
std::optional<std::int64_t> ClassesOf(const Node& dataset, const DatasetShape* shape) {
  const Node* selected = dataset.Find("classes");
  if (selected != nullptr) {
    if (!selected->is_sequence()) return std::nullopt;
    return static_cast<std::int64_t>(selected->sequence().size());
  }
  if (!dataset.is_mapping() || shape == nullptr || shape->classes == 0) return std::nullopt;
  return shape->classes;
}

void CheckClasses(const Node& dataset, const DatasetShape& shape, Faults& faults) {
  const Node* selected = dataset.Find("classes");
  if (shape.selected || shape.classes == 0 || selected == nullptr || !selected->is_sequence()) return;
  for (std::size_t i = 0; i < selected->sequence().size(); ++i) {
    const auto label = Fit(selected->sequence()[i].scalar(), {.key = "classes", .type = KeyType::kInteger});
    if (!label.ok() || std::get<std::int64_t>(*label) < shape.classes) continue;
    faults.push_back({Join("dataset.classes", i), fmt::format("there is no class {}; the data set has 0 to {}",
                                                              std::get<std::int64_t>(*label), shape.classes - 1)});
  }
}

void CheckRows(const Node& training, const DatasetShape& shape, Faults& faults) {
  const Node* node = training.Find("validation_fraction");
  if (node == nullptr || !node->is_scalar()) return;
  const auto fraction = Fit(node->scalar(), *TrainingRules().Find("validation_fraction"));
  if (!fraction.ok()) return;
  const std::int64_t rows = TrainingRows(shape.train_rows, std::get<double>(*fraction));
  if (rows > 0 && rows < shape.train_rows) return;
  faults.push_back(
      {"training.validation_fraction",
       fmt::format("of {} rows, {} would be trained on and {} validate; a fraction that leaves rows to "
                   "both is wanted",
                   shape.train_rows, rows, shape.train_rows - rows)});
}

// The values of a batch on its way through the layers, which a worker holds in memory all at once.
void CheckBatch(const Outline& layers, const Node& training, const DatasetShape& shape, Faults& faults) {
  const Node* node = training.Find("batch_size");
  if (node == nullptr || !node->is_scalar()) return;
  const auto size = Fit(node->scalar(), *TrainingRules().Find("batch_size"));
  if (!size.ok()) return;
  std::int64_t values = Elements(shape.sample);
  for (const std::optional<Shape>& behind : ShapesOf(layers, shape.sample)) {
    if (!behind.has_value() || __builtin_add_overflow(values, Elements(*behind), &values)) return;
  }
  const std::int64_t rows = std::min(std::get<std::int64_t>(*size), shape.train_rows);
  if (values <= kMostBatchValues / std::max<std::int64_t>(rows, 1)) return;
  faults.push_back(
      {"training.batch_size",
       fmt::format("a batch of {} rows of {} values, sample and layers together, makes {}; at most {} "
                   "are held in memory: a batch of up to {} is wanted",
                   rows, values, rows * values, kMostBatchValues, kMostBatchValues / values)});
}

std::optional<std::int64_t> IntegerAt(const Node& mapping, const KeyTable& rules, const char* key) {
  const Node* node = mapping.Find(key);
  if (node == nullptr || !node->is_scalar()) return std::nullopt;
  const auto fit = Fit(node->scalar(), *rules.Find(key));
  if (!fit.ok()) return std::nullopt;
  return std::get<std::int64_t>(*fit);
}

// A warm-up ends before its schedule does.
void CheckWarmup(const Node& training, Faults& faults) {
  const Node* schedule = training.Find("schedule");
  const Node* cosine = schedule == nullptr ? nullptr : schedule->Find("cosine");
  if (cosine == nullptr) return;
  const KeyTable& rules = *ScheduleRules().Find("cosine");
  const bool own = cosine->Find("epochs") != nullptr;
  const auto epochs = own ? IntegerAt(*cosine, rules, "epochs") : IntegerAt(training, TrainingRules(), "epochs");
  const auto warmup = IntegerAt(*cosine, rules, "warmup_epochs");
  if (!epochs.has_value() || !warmup.has_value() || *warmup < *epochs) return;
  faults.push_back(
      {"training.schedule.cosine.warmup_epochs",
       fmt::format("a warm-up of {} epochs in a schedule of {}; fewer than these are wanted", *warmup, *epochs)});
}

// The loss that is named: nullopt, and `known` false, where it is broken.
std::optional<Loss> NamedLoss(const Node& training, bool& known) {
  known = training.is_mapping();
  const Node* node = training.Find("loss");
  if (node == nullptr) return std::nullopt;
  const auto loss = node->is_text() ? EnumNamed<Loss>(node->text(), LossNames()) : std::nullopt;
  known = loss.has_value();
  return loss;
}

// What the last layer alone says; nullopt: it is not known, or a softmax stands where it cannot be trained.
std::optional<Task> TaskOfOutput(const Outline& layers) {
  for (std::size_t i = 0; i < layers.size(); ++i) {
    if (!layers[i].has_value()) return std::nullopt;
    if (i + 1 < layers.size() && layers[i]->activation == ActivationKind::kSoftmax) return std::nullopt;
  }
  if (layers.empty() || !layers.back()->activation.has_value()) return std::nullopt;
  return TaskOf(LossFor(*layers.back()->activation));
}

class OutputCheck {
 public:
  OutputCheck(const Outline& layers, std::optional<std::int64_t> units, const Node& training,
              std::optional<std::int64_t> classes, bool classes_alone, Faults& faults)
      : layers_(layers), units_(units), classes_(classes), classes_alone_(classes_alone), faults_(faults) {
    loss_ = NamedLoss(training, loss_known_);
  }

  void Run() {
    if (layers_.empty() || !layers_.back().has_value() || !layers_.back()->activation.has_value()) return;
    switch (*layers_.back()->activation) {
      case ActivationKind::kSoftmax:
        CheckSoftmax();
        break;
      case ActivationKind::kSigmoid:
        CheckSigmoid();
        break;
      default:
        CheckOther();
    }
  }

 private:
  // The layer that the output's units come from, a dense or a convolution, or where they are put together;
  // nullptr: none that is known.
  const LayerOutline* OutputLayer() const {
    const Wiring wiring = WiringOf(layers_);
    for (auto at = static_cast<std::int64_t>(layers_.size()) - 1; at != kNetworkInput;) {
      const auto place = static_cast<std::size_t>(at);
      if (!layers_[place].has_value() || !wiring[place].has_value()) return nullptr;
      const std::string& kind = layers_[place]->kind;
      if (kind == "dense" || kind == "conv2d" || kind == "concatenate") return &*layers_[place];
      at = wiring[place]->front();  // what is added has one shape
    }
    return nullptr;
  }
  // Where they are said.
  static std::string OutputPath(const LayerOutline& layer) {
    if (layer.kind == "concatenate") return layer.path;
    return Join(layer.path, layer.kind == "dense" ? "units" : "filters");
  }

  void CheckLoss(Loss fitting, std::string_view activation) {
    if (!loss_.has_value() || *loss_ == fitting) return;
    const auto& names = LossNames();
    faults_.push_back(
        {"training.loss", fmt::format("{} does not go with a network that ends with {}; {} is wanted",
                                      names[static_cast<std::size_t>(*loss_)], activation,
                                      names[static_cast<std::size_t>(fitting)])});
  }

  void CheckSoftmax() {
    CheckLoss(Loss::kCrossEntropy, "a softmax");
    const LayerOutline* output = OutputLayer();
    if (output == nullptr || !units_.has_value() || !classes_.has_value() || *units_ >= *classes_) return;
    faults_.push_back(
        {OutputPath(*output), fmt::format("a softmax of {} units for {} classes; at least {} units are wanted",
                                          *units_, *classes_, *classes_)});
  }

  void CheckSigmoid() {
    CheckLoss(Loss::kBinaryCrossEntropy, "a sigmoid");
    const LayerOutline* output = OutputLayer();
    if (output == nullptr || !units_.has_value()) return;
    if (*units_ != 1) {
      faults_.push_back({OutputPath(*output),
                         fmt::format("a sigmoid of {} units at the end; one unit is wanted for two classes, or a "
                                     "softmax for more",
                                     *units_)});
    } else if (classes_.has_value() && *classes_ != 2) {
      faults_.push_back(
          {OutputPath(*output),
           fmt::format("one sigmoid unit tells two classes apart, and there are {}; two of them (dataset: "
                       "{{name: ..., classes: [0, 1]}}) or a softmax of {} units is wanted",
                       *classes_, *classes_)});
    }
  }

  // A regression: any other activation, with a loss of its own, and one number learnt.
  void CheckOther() {
    const auto softmax = [](const std::optional<LayerOutline>& layer) {
      return layer.has_value() && layer->activation == ActivationKind::kSoftmax;
    };
    // A softmax that does not stand last is a fault of its own.
    if (std::any_of(layers_.begin(), layers_.end(), softmax) || !loss_known_) return;
    if (loss_.has_value() && TaskOf(*loss_) == Task::kClassification) {
      faults_.push_back(
          {"training.loss",
           fmt::format("{} takes a network that ends with a {}, and this one's last layer, {}, does not; a "
                       "regression is trained with mean_squared_error or mean_absolute_error",
                       LossNames()[static_cast<std::size_t>(*loss_)],
                       *loss_ == Loss::kCrossEntropy ? "softmax" : "sigmoid", Join("model", layers_.size() - 1))});
      return;
    }
    const LayerOutline* output = OutputLayer();
    if (classes_alone_ || output == nullptr || !units_.has_value() || *units_ == 1) return;
    faults_.push_back(
        {OutputPath(*output),
         fmt::format(
             "a network that ends without softmax or sigmoid is a regression, which learns one number, and "
             "this one ends with {} units; one unit is wanted, or activation: softmax for classes",
             *units_)});
  }

  const Outline& layers_;
  std::optional<std::int64_t> units_;  // of the output; nullopt: not known
  std::optional<std::int64_t> classes_;
  bool classes_alone_;  // the data set has no numbers to learn: what it says of a regression is said by CheckTask
  std::optional<Loss> loss_;
  bool loss_known_ = true;
  Faults& faults_;
};

}  // namespace

std::optional<Task> TaskOf(const Node& model, const Node& training) { return TaskOf(OutlineOf(model), training); }

void CheckTogether(const Node& model, const Node& training, const Node& dataset, const DatasetShape* shape,
                   Faults& faults) {
  const Outline layers = OutlineOf(model);
  const std::optional<Shape> sample = shape == nullptr ? std::nullopt : std::optional(shape->sample);
  CheckGraph(layers, sample, faults);
  if (shape != nullptr) {
    CheckClasses(dataset, *shape, faults);
    CheckRows(training, *shape, faults);
    CheckBatch(layers, training, *shape, faults);
  }
  CheckWarmup(training, faults);
  std::optional<std::int64_t> units;
  if (const auto shapes = ShapesOf(layers, sample); !shapes.empty() && shapes.back().has_value()) {
    units = Elements(*shapes.back());
  }
  const bool classes_alone = shape != nullptr && !shape->table && !shape->numbers;
  OutputCheck(layers, units, training, ClassesOf(dataset, shape), classes_alone, faults).Run();
  const std::optional<Task> task = TaskOf(layers, training);
  if (task.has_value() && task == TaskOfOutput(layers)) {
    CheckTask({layers, units, training, dataset, shape}, *task, faults);
  }
}

}  // namespace hpsearch::model
