#include "worker/train/evaluation.h"

#include <algorithm>
#include <limits>
#include <numeric>

namespace hpsearch::train {
namespace {

double Fraction(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::numeric_limits<double>::quiet_NaN();
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace

Confusion::Confusion(std::int64_t classes, std::int64_t outputs)
    : counts_(static_cast<std::size_t>(classes),
              std::vector<std::int64_t>(static_cast<std::size_t>(std::max<std::int64_t>(outputs, 2)))) {}

void Confusion::Add(std::int64_t label, std::span<const float> logits) {
  const auto choice = logits.size() == 1 ? (logits[0] > 0 ? 1 : 0)
                                         : std::max_element(logits.begin(), logits.end()) - logits.begin();
  ++counts_[static_cast<std::size_t>(label)][static_cast<std::size_t>(choice)];
}

double Confusion::Precision(std::int64_t label) const {
  const auto at = static_cast<std::size_t>(label);
  std::int64_t taken = 0;
  for (const std::vector<std::int64_t>& row : counts_) taken += row[at];
  return Fraction(counts_[at][at], taken);
}

double Confusion::Recall(std::int64_t label) const {
  const std::vector<std::int64_t>& row = counts_[static_cast<std::size_t>(label)];
  return Fraction(row[static_cast<std::size_t>(label)], std::accumulate(row.begin(), row.end(), std::int64_t{0}));
}

}  // namespace hpsearch::train
