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
  absl::StatusOr<std::vector<std::uint8_t>> labels = ReadNpyLabels(read.labels_path, budget);
  if (!labels.ok()) return labels.status();
  budget -= labels->size();
  absl::StatusOr<NpyFeatures> features = ReadNpyFeatures(read.features_path, budget);
  if (!features.ok()) return features.status();
  budget -= features->bytes.size() + features->values.size() * sizeof(float);
  if (features->sizes[0] != static_cast<std::int64_t>(labels->size())) {
    return absl::DataLossError(fmt::format("{}: {} labels, but {} has {} rows", read.labels_path,
                                           Grouped(static_cast<std::int64_t>(labels->size())),
                                           Filename(read.features_path), Grouped(features->sizes[0])));
  }
  read.sample.assign(features->sizes.begin() + 1, features->sizes.end());
  read.part = {
      .features = std::move(features->bytes), .labels = *std::move(labels), .values = std::move(features->values)};
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
  absl::StatusOr<std::int64_t> classes =
      CountClasses({train->part.labels, train->labels_path}, {test.part.labels, test.labels_path});
  if (!classes.ok()) return classes.status();
  Dataset dataset;
  dataset.shape = {train->sample, *classes, train->part.rows(), test.part.rows()};
  dataset.train = std::move(train->part);
  dataset.test = std::move(test.part);
  dataset.hash = ContentHash(dataset);
  return dataset;
}

}  // namespace hpsearch::data
