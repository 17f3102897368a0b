#include "worker/data/idx_set.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <optional>
#include <system_error>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "fmt/format.h"
#include "worker/data/content_hash.h"
#include "worker/data/idx.h"

namespace hpsearch::data {
namespace {

namespace fs = std::filesystem;

constexpr const char* kTrainImages = "train-images-idx3-ubyte";
constexpr const char* kTrainLabels = "train-labels-idx1-ubyte";
constexpr const char* kTestImages = "t10k-images-idx3-ubyte";
constexpr const char* kTestLabels = "t10k-labels-idx1-ubyte";

std::optional<std::string> FileOf(const std::string& folder, const char* stem) {
  std::error_code error;
  for (const char* suffix : {"", ".gz"}) {
    const fs::path path = fs::path(folder) / absl::StrCat(stem, suffix);
    // A link to nowhere is a file that cannot be opened, not one that is missing.
    if (fs::exists(fs::symlink_status(path, error))) return path.string();
  }
  return std::nullopt;
}

std::string Filename(const std::string& path) { return fs::path(path).filename().string(); }

// 59,999
std::string Grouped(std::int64_t number) {
  return number < 1000 ? std::to_string(number) : fmt::format("{},{:03}", Grouped(number / 1000), number % 1000);
}

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
    std::optional<std::string> found = FileOf(folder, stem);
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

std::array<std::int64_t, 256> FirstRows(const std::vector<std::uint8_t>& labels) {
  std::array<std::int64_t, 256> first;
  first.fill(-1);
  for (std::size_t row = labels.size(); row-- > 0;) first[labels[row]] = static_cast<std::int64_t>(row);
  return first;
}

// The number of classes: labels count from 0 (or 1, as EMNIST's letters do, where class 0 has no rows) without
// gaps in the training part, and the test part has none beyond them. One flipped byte in a label file would
// otherwise make a hundred new classes.
absl::StatusOr<std::int64_t> Classes(const ReadPart& train, const ReadPart& test) {
  const std::array<std::int64_t, 256> first = FirstRows(train.part.labels);
  const auto [lowest, highest] = std::minmax_element(train.part.labels.begin(), train.part.labels.end());
  if (*lowest > 1) {
    return absl::DataLossError(
        fmt::format("{}: its lowest label is {}; classes are numbered from 0 or 1", train.labels_path, *lowest));
  }
  for (int label = *lowest; label < *highest; ++label) {
    if (first[label] >= 0) continue;
    return absl::DataLossError(
        fmt::format("{}: row {} has label {}, but no row has label {}; classes are numbered "
                    "without gaps",
                    train.labels_path, Grouped(first[*highest]), *highest, label));
  }
  const auto beyond = std::find_if(test.part.labels.begin(), test.part.labels.end(),
                                   [highest = *highest](std::uint8_t label) { return label > highest; });
  if (beyond != test.part.labels.end()) {
    return absl::DataLossError(fmt::format("{}: row {} has label {}, but those of {} end at {}", test.labels_path,
                                           Grouped(beyond - test.part.labels.begin()), *beyond,
                                           Filename(train.labels_path), *highest));
  }
  return std::int64_t{*highest} + 1;
}

}  // namespace

bool LooksLikeIdxSet(const std::string& folder) {
  const auto stems = {kTrainImages, kTrainLabels, kTestImages, kTestLabels};
  return std::any_of(stems.begin(), stems.end(),
                     [&](const char* stem) { return FileOf(folder, stem).has_value(); });
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
  absl::StatusOr<std::int64_t> classes = Classes(*train, *test);
  if (!classes.ok()) return classes.status();
  Dataset dataset;
  dataset.shape = {train->sample, *classes, train->part.rows(), test->part.rows()};
  dataset.train = std::move(train->part);
  dataset.test = std::move(test->part);
  dataset.hash = ContentHash(dataset);
  return dataset;
}

}  // namespace hpsearch::data
