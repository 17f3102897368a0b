#include "worker/bench/bench_model.h"

#include <algorithm>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/json.h"

namespace hpsearch::bench {
namespace {

using model::Node;

struct Row {
  const char* name;
  const char* model;     // a study's section, as JSON
  double learning_rate;  // at a batch of kBatch
  std::int64_t epoch_samples;
};

constexpr double kBatch = 128;

constexpr Row kRows[] = {
    {"mlp", R"([{"dropout": {"rate": 0.2}},
                {"dense": {"units": 128, "activation": "relu", "kernel_initializer": "normal", "max_norm": 5.0}},
                {"dropout": {"rate": 0.5}},
                {"dense": {"units": 128, "activation": "tanh", "kernel_initializer": "normal", "max_norm": 5.0}},
                {"dropout": {"rate": 0.5}},
                {"dense": {"units": 10, "activation": "softmax"}}])",
     0.1, 60000},
    {"wide", R"([{"dropout": {"rate": 0.2}},
                 {"dense": {"units": 1024, "activation": "relu", "max_norm": 5.0}},
                 {"dropout": {"rate": 0.5}},
                 {"dense": {"units": 1024, "activation": "relu", "max_norm": 5.0}},
                 {"dropout": {"rate": 0.5}},
                 {"dense": {"units": 10, "activation": "softmax"}}])",
     0.05, 20000},
    {"cnn", R"([{"conv2d": {"filters": 32, "kernel_size": 3, "activation": "relu", "max_norm": 5.0}},
                {"max_pooling2d": {"pool_size": 2}},
                {"conv2d": {"filters": 64, "kernel_size": 3, "activation": "relu", "max_norm": 5.0}},
                {"max_pooling2d": {"pool_size": 2}},
                {"dropout": {"rate": 0.25}},
                {"flatten": {}},
                {"dense": {"units": 128, "activation": "relu", "max_norm": 5.0}},
                {"dropout": {"rate": 0.5}},
                {"dense": {"units": 10, "activation": "softmax"}}])",
     0.05, 6000},
};

Node TrainingSection(double learning_rate, std::int64_t batch) {
  Node sgd;
  sgd.Set("learning_rate", learning_rate);
  sgd.Set("momentum", 0.9);
  Node optimizer;
  optimizer.Set("sgd", std::move(sgd));
  Node training;
  training.Set("epochs", 1);  // as many as are asked for, in fact: an epoch at a time
  training.Set("batch_size", batch);
  training.Set("optimizer", std::move(optimizer));
  return training;
}

}  // namespace

std::vector<std::string> ModelNames() {
  std::vector<std::string> names;
  for (const Row& row : kRows) names.emplace_back(row.name);
  return names;
}

absl::StatusOr<BenchModel> MakeBenchModel(const std::string& name, std::int64_t batch, const model::Shape& src) {
  const auto* row = std::ranges::find_if(kRows, [&](const Row& each) { return each.name == name; });
  if (row == std::end(kRows)) {
    return absl::InvalidArgumentError(
        absl::StrCat("there is no model '", name, "'; there are ", absl::StrJoin(ModelNames(), ", ")));
  }
  absl::StatusOr<Node> document = model::FromJson(row->model);
  if (!document.ok()) return document.status();
  BenchModel result = {.name = name, .epoch_samples = row->epoch_samples};
  model::Faults faults;
  result.network = model::ReadNetwork(*document, src, faults);
  result.training = model::ReadTraining(
      TrainingSection(row->learning_rate * static_cast<double>(batch) / kBatch, batch), faults);
  if (!faults.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("model '", name, "': ", model::ToStatus(faults).message()));
  }
  return result;
}

}  // namespace hpsearch::bench
