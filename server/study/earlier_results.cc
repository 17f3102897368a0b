#include "server/study/earlier_results.h"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "server/model/json.h"
#include "server/search/point_text.h"

namespace hpsearch::study {
namespace {

using model::Node;
using search::Parameter;
using search::Place;
using search::Point;

constexpr char kKey[] = "search.warm_start";

const char* DirectionOf(const StudySpec& spec) {
  return spec.objective.direction == Objective::Direction::kMinimize ? "minimize" : "maximize";
}

// Where in the space those values are; what keeps them out of it otherwise.
absl::StatusOr<Point> PointIn(const search::SearchSpace& space, const Node& values,
                              const search::SearchSpace& earlier) {
  const auto out = [](const std::string& why) { return absl::OutOfRangeError(why); };
  for (const Node::Entry& value : values.mapping()) {
    if (space.Find(value.key) != nullptr) continue;
    const Parameter* other = earlier.Find(value.key);
    if (other == nullptr || other->dimension().levels != 1) {
      return out(fmt::format("this study has no parameter {}, which varies there", value.key));
    }
  }
  Point point;
  for (std::size_t i = 0; i < space.parameters().size(); ++i) {
    const Parameter& parameter = space.parameters()[i];
    const Node* value = values.Find(parameter.name());
    const bool present = space.Present(i, point);
    if (present != (value != nullptr)) {
      return out(
          fmt::format("{} is {} there", parameter.name(), present ? "not" : "a parameter, and absent here,"));
    }
    std::optional<Place> place = Place::Absent();
    if (present) place = value->is_scalar() ? parameter.PlaceOf(value->scalar()) : std::nullopt;
    if (!place)
      return out(fmt::format("{} {} is outside of this study's", parameter.name(), model::ToJson(*value)));
    point.push_back(*place);
  }
  return point;
}

absl::Status NotComparable(const EarlierStudy& earlier, const StudySpec& spec) {
  if (!IsFinal(earlier.state)) {
    return absl::FailedPreconditionError(
        fmt::format("{}: study {} is {}; one that has ended is wanted: wait for it, or stop it", kKey,
                    earlier.name, ToString(earlier.state)));
  }
  if (earlier.metric != spec.objective.metric || earlier.direction != DirectionOf(spec)) {
    return absl::FailedPreconditionError(fmt::format(
        "{}: the objective of study {} is to {} {}, and that of this one to {} {}; the same is wanted", kKey,
        earlier.name, earlier.direction, earlier.metric, DirectionOf(spec), spec.objective.metric));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<EarlierBest>> BestTrialsOf(const StudyRecord& study, std::int64_t most, Store& store) {
  const absl::StatusOr<std::vector<TrialRecord>> trials =
      store.BestTrials(study.id, study.direction == "minimize", most);
  if (!trials.ok()) return trials.status();
  std::vector<EarlierBest> best;
  best.reserve(trials->size());
  for (const TrialRecord& trial : *trials) best.push_back({trial.number, trial.parameters, *trial.objective});
  return best;
}

absl::StatusOr<std::vector<EarlierBest>> BestPointsOf(const StudyRecord& study, std::int64_t replicates,
                                                      std::int64_t most, Store& store) {
  const absl::StatusOr<RankedPoints> points = store.BestPoints(study, replicates, most);
  if (!points.ok()) return points.status();
  std::vector<EarlierBest> best;
  best.reserve(points->all().size());
  for (const PointResult& point : points->all()) {
    absl::StatusOr<TrialRecord> trial = store.FindTrial(study.id, point.trial);
    if (!trial.ok()) return trial.status();
    best.push_back({point.trial, std::move(trial->parameters), *point.mean});
  }
  return best;
}

}  // namespace

std::int64_t MostEarlierOfEach(const StudySpec& spec) {
  return kMostEarlier / std::max<std::int64_t>(1, std::ssize(spec.search.warm_start));
}

absl::StatusOr<std::vector<EarlierResult>> ResultsFor(const StudySpec& spec, const EarlierStudy& earlier,
                                                      const ReadBest& read_best) {
  if (absl::Status status = NotComparable(earlier, spec); !status.ok()) return status;
  const absl::StatusOr<std::shared_ptr<const StudySpec>> other = ReadSpec(earlier.spec);
  if (!other.ok()) {
    return absl::FailedPreconditionError(fmt::format("{}: study {} cannot be read by this version of hpsearch: {}",
                                                     kKey, earlier.name, std::string(other.status().message())));
  }
  const absl::StatusOr<std::vector<EarlierBest>> best = read_best((*other)->replicates(), MostEarlierOfEach(spec));
  if (!best.ok()) return best.status();
  std::vector<EarlierResult> results;
  std::string why = "it has none";
  for (const EarlierBest& each : *best) {
    const absl::StatusOr<Node> values = model::FromJson(each.parameters);
    if (!values.ok() || !values->is_mapping()) continue;
    const absl::StatusOr<Point> point = PointIn(spec.space, *values, (*other)->space);
    if (!point.ok()) {
      why = fmt::format("of trial {}, {}", each.trial, std::string(point.status().message()));
      continue;
    }
    results.push_back({earlier.name, each.trial, search::ToText(*point), each.objective});
  }
  if (results.empty()) {
    return absl::FailedPreconditionError(
        fmt::format("{}: none of the {} results of study {} has a point in this one's space: {}", kKey,
                    best->size(), earlier.name, why));
  }
  std::ranges::sort(results, {}, &EarlierResult::trial);
  return results;
}

absl::StatusOr<std::vector<EarlierResult>> ReadEarlierResults(const StudySpec& spec, Store& store) {
  std::vector<EarlierResult> all;
  for (const std::string& name : spec.search.warm_start) {
    const absl::StatusOr<StudyRecord> record = store.FindStudy(name);
    if (absl::IsNotFound(record.status())) {
      return absl::NotFoundError(fmt::format("{}: there is no study {} in this database", kKey, name));
    }
    if (!record.ok()) return record.status();
    absl::StatusOr<std::vector<EarlierResult>> results =
        ResultsFor(spec, {name, record->spec, record->metric, record->direction, record->state},
                   [&](std::int64_t replicates, std::int64_t most) {
                     return replicates > 1 ? BestPointsOf(*record, replicates, most, store)
                                           : BestTrialsOf(*record, most, store);
                   });
    if (!results.ok()) return results.status();
    std::ranges::move(*results, std::back_inserter(all));
  }
  return all;
}

absl::StatusOr<std::vector<strategy::Observation>> ObservationsOf(const StudySpec& spec,
                                                                  const std::vector<EarlierResult>& results) {
  if (spec.search.warm_start.empty() != results.empty()) {
    return absl::InternalError(fmt::format("{} results of earlier studies are stored, {} studies are asked for",
                                           results.size(), spec.search.warm_start.size()));
  }
  const std::vector<Parameter>& parameters = spec.space.parameters();
  const bool minimize = spec.objective.direction == Objective::Direction::kMinimize;
  std::vector<strategy::Observation> observations;
  for (const EarlierResult& result : results) {
    const std::optional<Point> point = search::PointFrom(result.point);
    bool there = point && point->size() == parameters.size();
    for (std::size_t i = 0; there && i < parameters.size(); ++i) {
      there = (*point)[i].absent() || parameters[i].Has((*point)[i]);
    }
    if (!there) {
      return absl::InternalError(
          fmt::format("a result of {}/{} is stored at the point '{}', which the study cannot "
                      "have",
                      result.study, result.trial, result.point));
    }
    observations.push_back({.number = std::ssize(observations) + 1,
                            .at = spec.space.ToCoordinates(*point),
                            .state = strategy::Observation::State::kMeasured,
                            .objective = minimize ? result.objective : -result.objective,
                            .elsewhere = true});
  }
  return observations;
}

}  // namespace hpsearch::study
