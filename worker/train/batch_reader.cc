#include "worker/train/batch_reader.h"

#include <algorithm>

#include "worker/nn/bytes.h"
#include "worker/train/scaled_features.h"

namespace hpsearch::train {
namespace {

// Rows lie anywhere in memory: each is fetched while the one this many before it is worked on, out of the next
// batch where this one ends.
constexpr std::size_t kAhead = 32;

// Where the row begins that is wanted soon when row i is.
std::int64_t Ahead(const BatchRows& rows, std::size_t i, std::int64_t width) {
  const std::size_t ahead = i + kAhead;
  const std::size_t here = rows.batch.size();
  const std::uint32_t row = ahead < here                      ? rows.batch[ahead]
                            : ahead - here < rows.next.size() ? rows.next[ahead - here]
                                                              : rows.batch.back();
  return static_cast<std::int64_t>(row) * width;
}

// Bytes / 255.
struct UnitBytes {
  const std::uint8_t* features;

  void Read(std::int64_t at, std::int64_t ahead, std::int64_t /*column*/, std::int64_t count, float* dst) const {
    nn::BytesToFloats(features + at, features + ahead, count, dst);
  }
  void ReadWithDropout(std::int64_t at, std::int64_t ahead, std::int64_t /*column*/, std::int64_t count,
                       const nn::Decision* decisions, const nn::DropoutRule& dropout, float* dst) const {
    nn::BytesToFloatsWithDropout(features + at, features + ahead, decisions, dropout.threshold, dropout.scale,
                                 count, dst);
  }
};

template <typename T>
struct Scaled {
  const T* features;
  const data::Scaling& scaling;

  void Read(std::int64_t at, std::int64_t ahead, std::int64_t column, std::int64_t count, float* dst) const {
    ScaleFeatures(features + at, features + ahead, scaling.shift.data() + column, scaling.scale.data() + column,
                  count, dst);
  }
  void ReadWithDropout(std::int64_t at, std::int64_t ahead, std::int64_t column, std::int64_t count,
                       const nn::Decision* decisions, const nn::DropoutRule& dropout, float* dst) const {
    ScaleFeaturesWithDropout(features + at, features + ahead, scaling.shift.data() + column,
                             scaling.scale.data() + column, decisions, dropout, count, dst);
  }
};

template <typename Features>
void Gather(const Features& features, const BatchRows& rows, std::int64_t width, float* src) {
  for (std::size_t i = 0; i < rows.batch.size(); ++i) {
    features.Read(static_cast<std::int64_t>(rows.batch[i]) * width, Ahead(rows, i, width), 0, width,
                  src + static_cast<std::int64_t>(i) * width);
  }
}

template <typename Features>
void GatherWithDropout(const Features& features, const BatchRows& rows, std::int64_t width,
                       const nn::DropoutRule& dropout, const nn::Step& step, float* src) {
  constexpr std::int64_t kBundle = nn::DropoutRule::kBundleDecisions;
  constexpr std::int64_t kChunkBundles = 49;  // 12 KiB of decisions, which stay in the first-level cache
  alignas(64) std::uint32_t words[kChunkBundles * nn::kBundleWords];
  const auto* decisions = reinterpret_cast<const nn::Decision*>(words);

  const std::int64_t total = static_cast<std::int64_t>(rows.batch.size()) * width;
  for (std::int64_t chunk = 0; chunk < total; chunk += kChunkBundles * kBundle) {
    const std::int64_t end = std::min(chunk + kChunkBundles * kBundle, total);
    dropout.stream.Bundles(step.epoch, step.index, static_cast<std::uint32_t>(chunk / kBundle),
                           (end - chunk + kBundle - 1) / kBundle, words);
    for (std::int64_t at = chunk; at < end;) {  // the rows' parts that lie in this chunk
      const auto row = static_cast<std::size_t>(at / width);
      const std::int64_t column = at % width;
      const std::int64_t count = std::min(width - column, end - at);
      features.ReadWithDropout(static_cast<std::int64_t>(rows.batch[row]) * width + column,
                               Ahead(rows, row, width) + column, column, count, decisions + (at - chunk), dropout,
                               src + at);
      at += count;
    }
  }
}

// Calls `use` with the part's features as the split wants them seen.
template <typename Use>
void WithFeatures(const data::Part& part, const std::optional<data::Scaling>& scaling, Use use) {
  if (!scaling.has_value()) {
    use(UnitBytes{part.features.data()});
  } else if (part.values.empty()) {
    use(Scaled<std::uint8_t>{part.features.data(), *scaling});
  } else {
    use(Scaled<float>{part.values.data(), *scaling});
  }
}

}  // namespace

void BatchReader::ReadLabels(std::span<const std::uint32_t> rows, std::uint8_t* labels) const {
  if (labels == nullptr) return;
  const std::vector<std::uint8_t>& of_part = part().labels;
  for (std::size_t i = 0; i < rows.size(); ++i) labels[i] = split_.label_map[of_part[rows[i]]];
}

void BatchReader::ReadTargets(std::span<const std::uint32_t> rows, float* targets) const {
  const std::vector<float>& of_part = part().targets;
  for (std::size_t i = 0; i < rows.size(); ++i) targets[i] = of_part[rows[i]];
}

void BatchReader::Read(const BatchRows& rows, float* src, std::uint8_t* labels) const {
  ReadLabels(rows.batch, labels);
  WithFeatures(part(), split_.scaling, [&](const auto& features) { Gather(features, rows, width_, src); });
}

void BatchReader::ReadWithDropout(const BatchRows& rows, const nn::DropoutRule& dropout, const nn::Step& step,
                                  float* src, std::uint8_t* labels) const {
  ReadLabels(rows.batch, labels);
  WithFeatures(part(), split_.scaling,
               [&](const auto& features) { GatherWithDropout(features, rows, width_, dropout, step, src); });
}

}  // namespace hpsearch::train
