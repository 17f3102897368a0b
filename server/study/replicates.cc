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
  const bool copied = IsCopy(trial);
  replicates[static_cast<std::size_t>(trial.replicate)] = {
      .state = trial.state,
      .objective = trial.objective,
      .copy_of = copied ? trial.reused_from : std::nullopt,
      .went_on = trial.reused_from && !copied,
  };
  const auto ended = [](const Ended& each) { return IsFinal(each.state); };
  if (!std::ranges::all_of(replicates, ended)) return std::nullopt;
  const PointResult result = ResultOf(first, replicates);
  open_.erase(first);
  return result;
}

PointResult Replicates::ResultOf(std::int64_t first, const std::vector<Ended>& replicates) {
  PointResult result{.first = first, .copied = true};
  bool whole = true, went_on = false;
  double sum = 0;
  for (std::size_t i = 0; i < replicates.size(); ++i) {
    const Ended& each = replicates[i];
    result.copied = result.copied && each.copy_of;
    result.failed = result.failed || each.state == TrialState::kFailed;
    went_on = went_on || each.went_on;
    if (each.copy_of) {
      const std::int64_t origin = *each.copy_of - static_cast<std::int64_t>(i);
      result.origin = result.origin == 0 ? origin : std::min(result.origin, origin);
    }
    if (each.state == TrialState::kFailed) continue;
    const bool trained = each.state == TrialState::kCompleted || each.state == TrialState::kEarlyStopped;
    whole = whole && trained && each.objective;
    if (!trained || !each.objective) continue;
    if (result.trial == 0) result.trial = first + static_cast<std::int64_t>(i);
    ++result.results;
    sum += *each.objective;
  }
  if (went_on) result.origin = 0;
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

bool RepeatedPoints::Repeats(const PointResult& point) {
  if (point.copied) return false;  // nothing is taken over from a copy
  std::int64_t origin = point.first;
  if (point.origin != 0) {
    const auto known = origins_.find(point.origin);
    origin = known == origins_.end() ? point.origin : known->second;
    origins_[point.first] = origin;
    if (point.mean && counted_.contains(origin)) return true;
  }
  if (point.mean && point.failed) {
    counted_.insert(origin);
  } else if (!point.mean && origin == point.first) {
    counted_.erase(origin);  // it was extended
  }
  return false;
}

void RankedPoints::Enter(const PointResult& point) {
  if (repeated_.Repeats(point) || !point.mean || point.copied) return;
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
