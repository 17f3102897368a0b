#include "worker/data/labels.h"

#include <algorithm>
#include <array>

#include "absl/status/status.h"
#include "fmt/format.h"
#include "worker/data/set_files.h"

namespace hpsearch::data {
namespace {

std::array<std::int64_t, 256> FirstRows(const std::vector<std::uint8_t>& labels) {
  std::array<std::int64_t, 256> first;
  first.fill(-1);
  for (std::size_t row = labels.size(); row-- > 0;) first[labels[row]] = static_cast<std::int64_t>(row);
  return first;
}

}  // namespace

absl::StatusOr<std::int64_t> CountClasses(const LabelFile& train, const LabelFile& test) {
  const std::array<std::int64_t, 256> first = FirstRows(train.labels);
  const auto [lowest, highest] = std::minmax_element(train.labels.begin(), train.labels.end());
  if (*lowest > 1) {
    return absl::DataLossError(
        fmt::format("{}: its lowest label is {}; classes are numbered from 0 or 1", train.path, *lowest));
  }
  for (int label = *lowest; label < *highest; ++label) {
    if (first[label] >= 0) continue;
    return absl::DataLossError(
        fmt::format("{}: row {} has label {}, but no row has label {}; classes are numbered "
                    "without gaps",
                    train.path, Grouped(first[*highest]), *highest, label));
  }
  const auto beyond = std::find_if(test.labels.begin(), test.labels.end(),
                                   [highest = *highest](std::uint8_t label) { return label > highest; });
  if (beyond != test.labels.end()) {
    return absl::DataLossError(fmt::format("{}: row {} has label {}, but those of {} end at {}", test.path,
                                           Grouped(beyond - test.labels.begin()), *beyond, Filename(train.path),
                                           *highest));
  }
  return std::int64_t{*highest} + 1;
}

}  // namespace hpsearch::data
