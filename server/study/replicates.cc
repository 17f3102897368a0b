#include "server/study/replicates.h"

#include <algorithm>
#include <cmath>

namespace hpsearch::study {
namespace {

std::optional<double> Finite(double value) { return std::isfinite(value) ? std::optional(value) : std::nullopt; }

}  // namespace

std::optional<double> PointResult::standard_error() const {
  if (!standard_deviation) return std::nullopt;
  return *standard_deviation / std::sqrt(static_cast<double>(results));
}

std::optional<double> StandardErrorOfDifference(std::optional<double> a, std::optional<double> b) {
  if (!a && !b) return std::nullopt;
  return std::hypot(a.value_or(0), b.value_or(0));
}

bool CannotBeTold(const PointResult& a, const PointResult& b) {
  const std::optional<double> error = StandardErrorOfDifference(a.standard_error(), b.standard_error());
  return error && std::abs(*a.mean - *b.mean) <= 2 * *error;
}

std::optional<PointResult> Replicates::Add(const TrialRecord& trial) {
  if (trial.replicate < 0 || trial.replicate >= each_) return std::nullopt;  // a row that is no trial of the study
  const std::int64_t first = trial.number - trial.replicate;
  std::vector<Ended>& replicates = open_[first];
  replicates.resize(static_cast<std::size_t>(each_));
  const bool copied = IsCopy(trial);  // one that is leased goes on from there
  replicates[static_cast<std::size_t>(trial.replicate)] = {trial.state, trial.objective, copied};
  const auto ended = [](const Ended& each) { return IsFinal(each.state); };
  if (!std::ranges::all_of(replicates, ended)) return std::nullopt;
  const PointResult result = ResultOf(first, replicates);
  open_.erase(first);
  return result;
}

PointResult Replicates::ResultOf(std::int64_t first, const std::vector<Ended>& replicates) {
  PointResult result{.first = first, .copied = true};
  bool whole = true;
  double sum = 0;
  for (std::size_t i = 0; i < replicates.size(); ++i) {
    const Ended& each = replicates[i];
    result.copied = result.copied && each.copied;
    if (each.state == TrialState::kFailed) continue;
    const bool trained = each.state == TrialState::kCompleted || each.state == TrialState::kEarlyStopped;
    whole = whole && trained && each.objective;
    if (!trained || !each.objective) continue;
    if (result.trial == 0) result.trial = first + static_cast<std::int64_t>(i);
    ++result.results;
    sum += *each.objective;
  }
  if (!whole || result.results == 0) return result;
  result.mean = Finite(sum / static_cast<double>(result.results));
  if (!result.mean || result.results == 1) return result;
  double squares = 0;
  for (const Ended& each : replicates) {
    if (each.state != TrialState::kFailed) squares += std::pow(*each.objective - *result.mean, 2);
  }
  result.standard_deviation = Finite(std::sqrt(squares / static_cast<double>(result.results - 1)));
  return result;
}

void RankedPoints::Enter(const PointResult& point) {
  if (!point.mean || point.copied) return;
  const auto ahead = [this](const PointResult& a, const PointResult& b) {
    if (*a.mean != *b.mean) return minimize_ ? *a.mean < *b.mean : *a.mean > *b.mean;
    return a.trial < b.trial;
  };
  all_.insert(std::ranges::upper_bound(all_, point, ahead), point);
  if (std::ssize(all_) > most_) all_.pop_back();
}

void PointRanking::Add(const TrialRecord& trial) {
  if (trial.replicate < 0 || trial.replicate >= points_.each()) return;
  if (trial.replicate == 0 || trial.number - trial.replicate != first_) {
    points_ = Replicates(points_.each());
    first_ = trial.number - trial.replicate;
  }
  if (const std::optional<PointResult> point = points_.Add(trial)) best_.Enter(*point);
}

}  // namespace hpsearch::study
