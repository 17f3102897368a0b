#include "worker/data/idx_set.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "worker/data/content_hash.h"
#include "worker/data/idx.h"
#include "worker/data/labels.h"
#include "worker/data/set_files.h"

namespace hpsearch::data {
namespace {

constexpr const char* kTrainImages = "train-images-idx3-ubyte";
constexpr const char* kTrainLabels = "train-labels-idx1-ubyte";
constexpr const char* kTestImages = "t10k-images-idx3-ubyte";
constexpr const char* kTestLabels = "t10k-labels-idx1-ubyte";

struct ReadPart {
  Part part;
  model::Shape sample;
  std::string images_path, labels_path;
};

// Reads images and labels, taking their bytes from `budget`.
absl::StatusOr<ReadPart> ReadTwoFiles(const std::string& folder, const char* images_stem, const char* labels_stem,
                                      std::uint64_t& budget) {
  ReadPart read;
  for (const auto& [stem, path] : {std::pair(images_stem, &read.images_path), {labels_stem, &read.labels_path}}) {
    std::optional<std::string> found = FindFile(folder, stem);
    if (!found) return absl::DataLossError(fmt::format("{}/{}: is missing, as is {}.gz", folder, stem, stem));
    *path = *std::move(found);
  }
  absl::StatusOr<IdxFile> labels = ReadIdx(read.labels_path, IdxContent::kLabels, budget);
  if (!labels.ok()) return labels.status();
  budget -= labels->bytes.size();
  absl::StatusOr<IdxFile> images = ReadIdx(read.images_path, IdxContent::kImages, budget);
  if (!images.ok()) return images.status();
  budget -= images->bytes.size();
  if (labels->sizes[0] != images->sizes[0]) {
    return absl::DataLossError(fmt::format("{}: {} labels, but {} has {} images", read.labels_path,
                                           Grouped(labels->sizes[0]), Filename(read.images_path),
                                           Grouped(images->sizes[0])));
  }
  read.sample.assign(images->sizes.begin() + 1, images->sizes.end());
  read.part.features = std::move(images->bytes);
  read.part.labels = std::move(labels->bytes);
  return read;
}

}  // namespace

bool LooksLikeIdxSet(const std::string& folder) {
  const auto stems = {kTrainImages, kTrainLabels, kTestImages, kTestLabels};
  return std::any_of(stems.begin(), stems.end(),
                     [&](const char* stem) { return FindFile(folder, stem).has_value(); });
}

absl::StatusOr<Dataset> ReadIdxSet(const std::string& folder, std::uint64_t most_bytes) {
  absl::StatusOr<ReadPart> train = ReadTwoFiles(folder, kTrainImages, kTrainLabels, most_bytes);
  if (!train.ok()) return train.status();
  absl::StatusOr<ReadPart> test = ReadTwoFiles(folder, kTestImages, kTestLabels, most_bytes);
  if (!test.ok()) return test.status();
  if (train->sample != test->sample) {
    return absl::DataLossError(fmt::format("{}: images of {}, but those of {} are {}", test->images_path,
                                           model::ToString(test->sample), Filename(train->images_path),
                                           model::ToString(train->sample)));
  }
  absl::StatusOr<std::int64_t> classes =
      CountClasses({train->part.labels, train->labels_path}, {test->part.labels, test->labels_path});
  if (!classes.ok()) return classes.status();
  Dataset dataset;
  dataset.shape = {train->sample, *classes, train->part.rows(), test->part.rows()};
  dataset.train = std::move(train->part);
  dataset.test = std::move(test->part);
  dataset.hash = ContentHash(dataset);
  return dataset;
}

}  // namespace hpsearch::data
