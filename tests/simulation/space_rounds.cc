#include "tests/simulation/space_rounds.h"

#include <algorithm>

#include "tests/simulation/book.h"
#include "tests/simulation/broken.h"

namespace hpsearch::simulation {

void SpaceRounds::Open(const Space& space, const StudyEntry& study, const study::RoundRecord& round) {
  Opened opened{.first_trial = round.first_trial, .points = space.points(), .trials = {}};
  if (round.number > 1) {
    std::vector<std::string> centres;
    for (const std::int64_t centre : round.centres) {
      if (std::ssize(centres) < space.around()) centres.push_back(study.trials.at(centre).row.parameters);
    }
    const std::vector<Space::Box> boxes = space.BoxesAround(centres, boxes_);
    opened.points = space.PointsIn(boxes);
    boxes_.insert(boxes_.end(), boxes.begin(), boxes.end());
  }
  Invariant(round.trials == std::ssize(opened.points), "a round has as many trials as its grid has points",
            "round {} of {}: {}, and {} points", round.number, study.row.name, round.trials, opened.points.size());
  rounds_.push_back(std::move(opened));
}

void SpaceRounds::Begin(const Space& space, const study::TrialRecord& row) {
  Opened& round = rounds_.at(static_cast<std::size_t>(row.round) - 1);
  const auto [other, is_new] = round.trials.emplace(row.parameters, row.number);
  Invariant(is_new, "a grid's point comes once", "{}: {} is trial {} too", row.number, row.parameters,
            other->second);
  const std::int64_t index = row.number - round.first_trial;
  if (row.round > 1 || space.in_order()) {
    const bool there = 0 <= index && index < std::ssize(round.points);
    const std::string expected = there ? round.points[static_cast<std::size_t>(index)] : "none";
    Invariant(row.parameters == expected, "a trial's number is its point's place in the grid", "{}: {} is {}",
              row.number, expected, row.parameters);
  } else {
    Invariant(std::ranges::find(round.points, row.parameters) != round.points.end(), "a grid has no other point",
              "{}: {}", row.number, row.parameters);
  }
}

void SpaceRounds::CheckEnd(const Space& space, const StudyEntry& study) const {
  if (study.row.state != study::StudyState::kCompleted) return;
  Invariant(study.rounds.size() == rounds_.size() && std::ssize(rounds_) == space.rounds(),
            "a study that is completed has all of its rounds", "{}: {} of {}", study.row.name, rounds_.size(),
            space.rounds());
  for (const Opened& round : rounds_) {
    for (const std::string& point : round.points) {
      Invariant(round.trials.contains(point), "each point of a grid is run", "{}: {}", study.row.name, point);
      const study::TrialState state = study.trials.at(round.trials.at(point)).row.state;
      Invariant(study::WasTrained(state) || state == study::TrialState::kFailed, "each point of a grid is run",
                "{}: {} is {}", study.row.name, point, ToString(state));
    }
  }
}

}  // namespace hpsearch::simulation
