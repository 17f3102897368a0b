#include "server/study/point_chooser.h"

#include <algorithm>
#include <utility>
#include <variant>

namespace hpsearch::study {

using strategy::Observation;

PointChooser::PointChooser(std::shared_ptr<const StudySpec> spec, std::vector<Observation> earlier)
    : spec_(std::move(spec)),
      history_(std::move(earlier)),
      earlier_(std::ssize(history_)),
      ended_(std::ssize(history_)) {
  const search::Sampling& sampling = *spec_->search.sampling;
  const strategy::Means means{.cube = spec_->space.cube(),
                              .settle = spec_->space.settle(),
                              .seed = static_cast<std::uint64_t>(spec_->seed)};
  sampler_ = std::get<1>(sampling.kind->make)(means, sampling.settings);
}

std::optional<PointChooser::Question> PointChooser::Ask() {
  const search::Sampling& sampling = *spec_->search.sampling;
  const std::int64_t chosen = std::ssize(history_);
  const std::int64_t trials = earlier_ + sampling.trials;
  if (asked_ || chosen >= trials) return std::nullopt;
  // A batch has its place, also where a process chose it whole and another one has to begin it anew.
  const std::int64_t batch = sampling.batch.value_or(1);
  const std::int64_t given = earlier_ + std::ssize(spec_->search.enqueued);
  const std::int64_t before = given + (chosen - given) / batch * batch;
  if (sampling.batch && ended_ < before) return std::nullopt;
  asked_ = true;
  return Question{.spec = spec_,
                  .sampler = sampler_,
                  .history = {history_.begin(), history_.begin() + before},
                  .first = before + 1,
                  .count = std::min(batch, trials - before),
                  .known = chosen - before};
}

std::vector<strategy::Coordinates> PointChooser::Question::Answer() const {
  std::vector<strategy::Coordinates> points = sampler->Suggest(history, first, count);
  points.erase(points.begin(), points.begin() + known);
  return points;
}

void PointChooser::Chose(const search::Point& point) {
  history_.push_back({.number = std::ssize(history_) + 1, .at = spec_->space.ToCoordinates(point)});
}

void PointChooser::Ended(std::int64_t trial, TrialState state, std::optional<double> objective) {
  const std::int64_t number = earlier_ + trial;
  if (number > std::ssize(history_)) return;  // of a later round
  Observation& observation = history_[static_cast<std::size_t>(number - 1)];
  const bool measured = objective && state != TrialState::kFailed && state != TrialState::kCancelled;
  observation.state = measured ? Observation::State::kMeasured : Observation::State::kDiverged;
  if (measured) {
    observation.objective =
        spec_->objective.direction == Objective::Direction::kMinimize ? *objective : -*objective;
  }
  while (ended_ < std::ssize(history_) &&
         history_[static_cast<std::size_t>(ended_)].state != Observation::State::kRunning) {
    ++ended_;
  }
}

}  // namespace hpsearch::study
