#include "worker/train/batch_reader.h"

#include <algorithm>

#include "worker/nn/bytes.h"

namespace hpsearch::train {
namespace {

// Rows lie anywhere in memory: fetched this many ahead.
constexpr std::size_t kAhead = 8;
constexpr std::int64_t kCacheLine = 64;

}  // namespace

const std::uint8_t* BatchReader::Row(std::uint32_t row) const {
  return split_.dataset->train.features.data() + static_cast<std::int64_t>(row) * width_;
}

void BatchReader::ReadLabels(std::span<const std::uint32_t> rows, std::uint8_t* labels) const {
  for (std::size_t i = 0; i < rows.size(); ++i)
    labels[i] = split_.label_map[split_.dataset->train.labels[rows[i]]];
}

void BatchReader::Prefetch(std::span<const std::uint32_t> rows, std::size_t begin, std::size_t end) const {
  for (std::size_t i = begin; i < std::min(end, rows.size()); ++i) {
    const std::uint8_t* row = Row(rows[i]);
    for (std::int64_t at = 0; at < width_; at += kCacheLine) __builtin_prefetch(row + at);
  }
}

void BatchReader::Read(std::span<const std::uint32_t> rows, float* src, std::uint8_t* labels) const {
  ReadLabels(rows, labels);
  Prefetch(rows, 0, kAhead);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    Prefetch(rows, i + kAhead, i + kAhead + 1);
    nn::BytesToFloats(Row(rows[i]), width_, src + static_cast<std::int64_t>(i) * width_);
  }
}

void BatchReader::ReadWithDropout(std::span<const std::uint32_t> rows, const nn::DropoutRule& dropout,
                                  const nn::Step& step, float* src, std::uint8_t* labels) const {
  constexpr std::int64_t kBundle = nn::DropoutRule::kBundleDecisions;
  constexpr std::int64_t kChunkBundles = 16;  // 4 KiB of decisions: they stay in the first-level cache
  alignas(64) std::uint32_t words[kChunkBundles * nn::kBundleWords];
  const auto* decisions = reinterpret_cast<const nn::Decision*>(words);

  ReadLabels(rows, labels);
  Prefetch(rows, 0, kAhead);
  const std::int64_t total = static_cast<std::int64_t>(rows.size()) * width_;
  std::int64_t at = 0;       // the next value of the batch
  std::int64_t fetched = 0;  // values before here have passed their row's begin
  for (std::int64_t chunk = 0; chunk < total; chunk += kChunkBundles * kBundle) {
    const std::int64_t end = std::min(chunk + kChunkBundles * kBundle, total);
    dropout.stream.Bundles(step.epoch, step.index, static_cast<std::uint32_t>(chunk / kBundle),
                           (end - chunk + kBundle - 1) / kBundle, words);
    while (at < end) {
      const std::int64_t row = at / width_;
      const std::int64_t column = at % width_;
      if (at >= fetched) {
        const auto next = static_cast<std::size_t>(row) + kAhead;
        Prefetch(rows, next, next + 1);
        fetched = (row + 1) * width_;
      }
      const std::int64_t count = std::min(width_ - column, end - at);
      nn::BytesToFloatsWithDropout(Row(rows[static_cast<std::size_t>(row)]) + column, decisions + (at - chunk),
                                   dropout.threshold, dropout.scale, count, src + at);
      at += count;
    }
  }
}

}  // namespace hpsearch::train
