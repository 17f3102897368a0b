#include "worker/data/npy_set.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "worker/data/content_hash.h"
#include "worker/data/labels.h"
#include "worker/data/npy.h"

namespace hpsearch::data {
namespace {

struct ReadPart {
  Part part;
  model::Shape sample;
  std::string features_path, labels_path;
};

// Reads x and y of "train" or "test", taking their bytes from `budget`.
absl::StatusOr<ReadPart> ReadArrays(const std::string& folder, const std::string& part, std::uint64_t& budget) {
  ReadPart read;
  for (const auto& [stem, path] : {std::pair("x_" + part + ".npy", &read.features_path),
                                   std::pair("y_" + part + ".npy", &read.labels_path)}) {
    std::optional<std::string> found = FindFile(folder, stem);
    if (!found) return absl::DataLossError(fmt::format("{}/{}: is missing, as is {}.gz", folder, stem, stem));
    *path = *std::move(found);
  }
  absl::StatusOr<NpyTargets> targets = ReadNpyTargets(read.labels_path, budget);
  if (!targets.ok()) return targets.status();
  budget -= targets->labels.size() + targets->values.size() * sizeof(float);
  absl::StatusOr<NpyFeatures> features = ReadNpyFeatures(read.features_path, budget);
  if (!features.ok()) return features.status();
  budget -= features->bytes.size() + features->values.size() * sizeof(float);
  if (features->sizes[0] != targets->rows()) {
    return absl::DataLossError(fmt::format("{}: {} {}, but {} has {} rows", read.labels_path,
                                           Grouped(targets->rows()),
                                           targets->values.empty() ? "labels" : "targets",
                                           Filename(read.features_path), Grouped(features->sizes[0])));
  }
  read.sample.assign(features->sizes.begin() + 1, features->sizes.end());
  read.part = {.features = std::move(features->bytes),
               .labels = std::move(targets->labels),
               .values = std::move(features->values),
               .targets = std::move(targets->values)};
  return read;
}

absl::Status CheckAlike(const ReadPart& train, const ReadPart& test) {
  if (train.sample != test.sample) {
    return absl::DataLossError(fmt::format("{}: samples of {}, but those of {} are {}", test.features_path,
                                           model::ToString(test.sample), Filename(train.features_path),
                                           model::ToString(train.sample)));
  }
  if (train.part.values.empty() != test.part.values.empty()) {
    return absl::DataLossError(fmt::format("{}: elements of another type than those of {}", test.features_path,
                                           Filename(train.features_path)));
  }
  if (train.part.targets.empty() != test.part.targets.empty()) {
    return absl::DataLossError(fmt::format(
        "{}: holds {}, but {} holds {}", test.labels_path, test.part.targets.empty() ? "integers" : "floats",
        Filename(train.labels_path), train.part.targets.empty() ? "integers" : "floats"));
  }
  return absl::OkStatus();
}

}  // namespace

bool LooksLikeNpySet(const std::string& folder) {
  const auto stems = {"x_train.npy", "y_train.npy", "x_test.npy", "y_test.npy"};
  return std::any_of(stems.begin(), stems.end(),
                     [&](const char* stem) { return FindFile(folder, stem).has_value(); });
}

absl::StatusOr<Dataset> ReadNpySet(const std::string& folder, std::uint64_t most_bytes) {
  absl::StatusOr<ReadPart> train = ReadArrays(folder, "train", most_bytes);
  if (!train.ok()) return train.status();
  ReadPart test;
  if (FindFile(folder, "x_test.npy") || FindFile(folder, "y_test.npy")) {
    absl::StatusOr<ReadPart> read = ReadArrays(folder, "test", most_bytes);
    if (!read.ok()) return read.status();
    test = *std::move(read);
    if (absl::Status status = CheckAlike(*train, test); !status.ok()) return status;
  }
  Dataset dataset;
  dataset.shape = {.sample = train->sample,
                   .train_rows = train->part.rows(),
                   .test_rows = test.part.rows(),
                   .numbers = !train->part.targets.empty()};
  if (dataset.shape.numbers) {
    dataset.no_classes = fmt::format(
        "dataset: {} holds floats, a regression's targets; a classification wants integers: y.astype('<i8')",
        train->labels_path);
  } else {
    absl::StatusOr<std::int64_t> classes =
        CountClasses({train->part.labels, train->labels_path}, {test.part.labels, test.labels_path});
    if (!classes.ok()) return classes.status();
    dataset.shape.classes = *classes;
  }
  dataset.train = std::move(train->part);
  dataset.test = std::move(test.part);
  dataset.hash = ContentHash(dataset);
  return dataset;
}

}  // namespace hpsearch::data
