#include "worker/train/batch_reader.h"

#include <algorithm>

#include "worker/nn/bytes.h"

namespace hpsearch::train {
namespace {

// Rows lie anywhere in memory: each is fetched while the one this many before it is worked on.
constexpr std::size_t kAhead = 8;

}  // namespace

const std::uint8_t* BatchReader::Row(std::uint32_t row) const {
  return split_.dataset->train.features.data() + static_cast<std::int64_t>(row) * width_;
}

void BatchReader::ReadLabels(std::span<const std::uint32_t> rows, std::uint8_t* labels) const {
  for (std::size_t i = 0; i < rows.size(); ++i)
    labels[i] = split_.label_map[split_.dataset->train.labels[rows[i]]];
}

const std::uint8_t* BatchReader::RowAhead(std::span<const std::uint32_t> rows, std::size_t i) const {
  return Row(rows[std::min(i + kAhead, rows.size() - 1)]);
}

void BatchReader::Read(std::span<const std::uint32_t> rows, float* src, std::uint8_t* labels) const {
  ReadLabels(rows, labels);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    nn::BytesToFloats(Row(rows[i]), RowAhead(rows, i), width_, src + static_cast<std::int64_t>(i) * width_);
  }
}

void BatchReader::ReadWithDropout(std::span<const std::uint32_t> rows, const nn::DropoutRule& dropout,
                                  const nn::Step& step, float* src, std::uint8_t* labels) const {
  constexpr std::int64_t kBundle = nn::DropoutRule::kBundleDecisions;
  constexpr std::int64_t kChunkBundles = 49;  // 12 KiB of decisions, which stay in the first-level cache
  alignas(64) std::uint32_t words[kChunkBundles * nn::kBundleWords];
  const auto* decisions = reinterpret_cast<const nn::Decision*>(words);

  ReadLabels(rows, labels);
  const std::int64_t total = static_cast<std::int64_t>(rows.size()) * width_;
  for (std::int64_t chunk = 0; chunk < total; chunk += kChunkBundles * kBundle) {
    const std::int64_t end = std::min(chunk + kChunkBundles * kBundle, total);
    dropout.stream.Bundles(step.epoch, step.index, static_cast<std::uint32_t>(chunk / kBundle),
                           (end - chunk + kBundle - 1) / kBundle, words);
    for (std::int64_t at = chunk; at < end;) {  // the rows' parts that lie in this chunk
      const auto row = static_cast<std::size_t>(at / width_);
      const std::int64_t column = at % width_;
      const std::int64_t count = std::min(width_ - column, end - at);
      nn::BytesToFloatsWithDropout(Row(rows[row]) + column, RowAhead(rows, row) + column, decisions + (at - chunk),
                                   dropout.threshold, dropout.scale, count, src + at);
      at += count;
    }
  }
}

}  // namespace hpsearch::train
