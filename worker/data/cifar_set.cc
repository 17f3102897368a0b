#include "worker/data/cifar_set.h"

#include <algorithm>
#include <filesystem>
#include <optional>
#include <set>
#include <span>
#include <system_error>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "worker/data/byte_source.h"
#include "worker/data/content_hash.h"

namespace hpsearch::data {
namespace {

const model::Shape kSample = {3, 32, 32};
constexpr std::size_t kPixelBytes = 3072;
constexpr std::uint64_t kRowsAtOnce = 64;
constexpr int kMostBatches = 99;

// The labels that stand before a row's pixels; the last of them is the class.
struct RowLayout {
  std::vector<int> label_ends;  // each label is below
  std::size_t bytes() const { return label_ends.size() + kPixelBytes; }
  int classes() const { return label_ends.back(); }
};
const RowLayout kCifar10 = {{10}};
const RowLayout kCifar100 = {{20, 100}};

std::string BatchName(int number) { return fmt::format("data_batch_{}.bin", number); }

absl::Status CheckLabels(const ByteSource& source, const RowLayout& layout, const std::uint8_t* row,
                         std::int64_t number) {
  for (std::size_t i = 0; i < layout.label_ends.size(); ++i) {
    if (row[i] < layout.label_ends[i]) continue;
    return absl::DataLossError(fmt::format("{}: row {}: its {}label is {}; labels are 0 to {}", source.path(),
                                           Grouped(number), i + 1 < layout.label_ends.size() ? "coarse " : "",
                                           row[i], layout.label_ends[i] - 1));
  }
  return absl::OkStatus();
}

// Appends a file's rows, taking their bytes from `budget`. Memory grows with what was read.
absl::Status ReadRows(const std::string& path, const RowLayout& layout, std::uint64_t& budget, Part& part) {
  absl::StatusOr<ByteSource> source = ByteSource::Open(path);
  if (!source.ok()) return source.status();
  if (!source->gzipped()) {
    const std::uint64_t rows = std::min(source->MostBytes(), budget) / layout.bytes();
    part.features.reserve(part.features.size() + rows * kPixelBytes);
    part.labels.reserve(part.labels.size() + rows);
  }
  // One row more than there can be, so that the end shows.
  std::vector<std::uint8_t> chunk(std::min(kRowsAtOnce, source->MostBytes() / layout.bytes() + 1) *
                                  layout.bytes());
  const std::size_t labels = layout.label_ends.size();
  for (std::int64_t row = 0;;) {
    absl::StatusOr<std::size_t> got = source->Read(chunk);
    if (!got.ok()) return got.status();
    if (*got % layout.bytes() != 0) {
      return absl::DataLossError(fmt::format("{}: row {}: is cut short: {} bytes of {}", path,
                                             Grouped(row + static_cast<std::int64_t>(*got / layout.bytes())),
                                             *got % layout.bytes(), layout.bytes()));
    }
    if (*got > budget) {
      return absl::ResourceExhaustedError(
          fmt::format("{}: with it the set has more bytes than are taken for a data set", path));
    }
    budget -= *got;
    for (std::size_t at = 0; at < *got; at += layout.bytes(), ++row) {
      const std::uint8_t* bytes = &chunk[at];
      if (absl::Status status = CheckLabels(*source, layout, bytes, row); !status.ok()) return status;
      part.labels.push_back(bytes[labels - 1]);
      part.features.insert(part.features.end(), bytes + labels, bytes + layout.bytes());
    }
    if (*got < chunk.size()) {
      return row > 0 ? absl::OkStatus() : absl::DataLossError(fmt::format("{}: holds no rows", path));
    }
  }
}

absl::Status Missing(const std::string& folder, const std::string& stem) {
  return absl::DataLossError(fmt::format("{}/{}: is missing, as is {}.gz", folder, stem, stem));
}

// The files to train on: the batches of CIFAR-10, without a gap, or the one of CIFAR-100.
std::vector<std::string> TrainStems(const std::string& folder, const RowLayout& layout) {
  if (layout.label_ends.size() > 1) return {"train.bin"};
  std::set<std::string> names;
  std::error_code error;  // of a folder that cannot be listed: its first file will say why
  for (std::filesystem::directory_iterator entry(folder, error), end; !error && entry != end;
       entry.increment(error)) {
    names.insert(entry->path().filename().string());
  }
  int last = 1;
  for (int number = 1; number <= kMostBatches; ++number) {
    const std::string name = BatchName(number);
    if (names.contains(name) || names.contains(name + ".gz")) last = number;
  }
  std::vector<std::string> stems;
  for (int number = 1; number <= last; ++number) stems.push_back(BatchName(number));
  return stems;
}

absl::StatusOr<Part> ReadPart(const std::string& folder, const std::vector<std::string>& stems,
                              const RowLayout& layout, std::uint64_t& budget) {
  std::vector<std::string> paths;  // all are there before the first is read
  for (const std::string& stem : stems) {
    std::optional<std::string> path = FindFile(folder, stem);
    if (!path) return Missing(folder, stem);
    paths.push_back(*std::move(path));
  }
  Part part;
  for (const std::string& path : paths) {
    if (absl::Status status = ReadRows(path, layout, budget, part); !status.ok()) return status;
  }
  part.features.shrink_to_fit();
  part.labels.shrink_to_fit();
  return part;
}

bool LooksLikeCifar10(const std::string& folder) {
  return FindFile(folder, "test_batch.bin").has_value() || FindFile(folder, BatchName(1)).has_value();
}

}  // namespace

bool LooksLikeCifarSet(const std::string& folder) {
  return LooksLikeCifar10(folder) || FindFile(folder, "train.bin") || FindFile(folder, "test.bin");
}

absl::StatusOr<Dataset> ReadCifarSet(const std::string& folder, std::uint64_t most_bytes) {
  const bool ten = LooksLikeCifar10(folder);
  const RowLayout& layout = ten ? kCifar10 : kCifar100;
  absl::StatusOr<Part> train = ReadPart(folder, TrainStems(folder, layout), layout, most_bytes);
  if (!train.ok()) return train.status();
  absl::StatusOr<Part> test = ReadPart(folder, {ten ? "test_batch.bin" : "test.bin"}, layout, most_bytes);
  if (!test.ok()) return test.status();
  Dataset dataset;
  dataset.shape = {kSample, layout.classes(), train->rows(), test->rows()};
  dataset.train = *std::move(train);
  dataset.test = *std::move(test);
  dataset.hash = ContentHash(dataset);
  return dataset;
}

}  // namespace hpsearch::data
