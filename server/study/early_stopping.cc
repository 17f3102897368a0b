#include "server/study/early_stopping.h"

#include <algorithm>
#include <cmath>

#include "server/study/objective.h"

namespace hpsearch::study {

EarlyStopping::EarlyStopping(const StudySpec& spec)
    : objective_(spec.objective),
      goal_{spec.objective.metric, spec.objective.direction == Objective::Direction::kMaximize},
      goes_on_(EpochsOfRound(spec, 1).has_value()) {
  for (const stopping::Section::Entry& entry : spec.stopping.entries) {
    if (entry.kind->make == nullptr) continue;
    rules_.emplace_back(entry.kind->keys.name, entry.kind->make(entry.settings));
    compares_ = compares_ || !entry.kind->same_for_any_workers;
  }
}

std::vector<double> EarlyStopping::CurveOf(const std::vector<EpochRecord>& epochs) const {
  std::vector<double> curve;
  curve.reserve(epochs.size());
  for (const EpochRecord& epoch : epochs) curve.push_back(MetricOf(objective_, epoch));
  return curve;
}

std::optional<std::string> EarlyStopping::Judge(const OpenTrial& trial, std::int64_t epochs) {
  if (!stands()) return std::nullopt;
  std::vector<double>& curve = curves_[trial.record.number];
  while (curve.size() < trial.epochs.size()) curve.push_back(MetricOf(objective_, trial.epochs[curve.size()]));
  // At its end, or diverged: the worker says so.
  const bool ends = std::ssize(curve) >= epochs || !std::isfinite(trial.epochs.back().train_loss);
  if (ends) return std::nullopt;
  const stopping::Sight sight{goal_, curve, epochs, others_};
  for (const auto& [name, rule] : rules_) {
    if (const std::optional<std::string> why = rule->Judge(sight)) return name + ": " + *why;
  }
  return std::nullopt;
}

void EarlyStopping::Ended(const OpenTrial& trial) {
  Remember(trial.record, trial.epochs);
  Forget(trial.record.number);
}

void EarlyStopping::Remember(const TrialRecord& trial, const std::vector<EpochRecord>& epochs) {
  if (!compares_) return;
  const std::int64_t first = FirstOf(trial);
  if (trial.state != TrialState::kCompleted || IsCopy(trial)) return;
  if (!goes_on_) return others_.Add(CurveOf(epochs));
  std::size_t& counted = counted_[first];
  if (counted < epochs.size()) others_.Add(CurveOf(epochs), counted);
  counted = std::max(counted, epochs.size());
}

std::int64_t EarlyStopping::FirstOf(const TrialRecord& trial) {
  if (!goes_on_ || !trial.reused_from) return trial.number;
  const auto known = first_of_.find(*trial.reused_from);
  const std::int64_t first = known == first_of_.end() ? *trial.reused_from : known->second;
  first_of_.insert_or_assign(trial.number, first);
  return first;
}

}  // namespace hpsearch::study
