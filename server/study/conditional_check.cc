#include "server/study/conditional_check.h"

#include <algorithm>
#include <set>
#include <string>

#include "server/model/references.h"
#include "server/study/point_checker.h"

namespace hpsearch::study {
namespace {

using model::Node;
using model::Usage;
using search::Place;
using search::Point;
using search::SearchSpace;

// Bounds the time: layers looked at over all points, keys and all.
constexpr std::int64_t kMostLayerChecks = 20'000;
constexpr std::int64_t kPointCost = 4;  // what a point costs beside its layers, in layers

// About how many a point has.
std::int64_t LayersIn(const Node& model) {
  if (!model.is_sequence()) return 1;
  std::int64_t layers = 0;
  for (const Node& item : model.sequence()) {
    if (model::IsRepeat(item)) {
      const Node* repeated = item.mapping().front().value.Find("layers");
      layers += 4 * (repeated == nullptr ? 1 : LayersIn(*repeated));
    } else if (model::IsSwitch(item)) {
      for (const Node::Entry& branch : item.mapping()) layers += LayersIn(branch.value);
    } else {
      ++layers;
    }
  }
  return layers;
}

// Which rows and columns a trial has, and how many classes. How features are scaled, nothing else hangs on.
bool SaysWhatData(const Usage& usage) {
  return usage.path.starts_with("dataset.") && !usage.path.starts_with("dataset.normalize");
}

class ConditionalPoints {
 public:
  ConditionalPoints(const Node& document, const SearchSpace& space, const std::vector<Usage>& usages,
                    PointChecker& checker)
      : space_(space),
        checker_(checker),
        most_points_(kMostLayerChecks / (LayersIn(*document.Find("model")) + kPointCost)) {
    std::set<std::size_t> deciding, mattering;
    for (std::size_t i = 0; i < space.parameters().size(); ++i) {
      for (const search::Term& term : space.presence(i).when) deciding.insert(term.parameter());
      for (const search::Terms& use : space.presence(i).uses) {
        for (const search::Term& term : use) deciding.insert(term.parameter());
      }
    }
    for (const Usage& usage : usages) {
      const bool decides = !usage.branches.empty() || usage.path.ends_with(".repeat.times") || SaysWhatData(usage);
      for (const std::size_t i : space.IndexesOf(usage.parameter)) {
        if (decides) deciding.insert(i);
        if (MattersTogether(usage.rule)) mattering.insert(i);
      }
    }
    deciding_.assign(deciding.begin(), deciding.end());
    std::ranges::set_difference(mattering, deciding, std::back_inserter(mattering_));
  }

  void Check() {
    std::vector<Point> combinations;
    const std::int64_t all = Combinations();
    const std::int64_t looked_at = std::min(all, std::max<std::int64_t>(most_points_, 1));
    std::set<Point> seen;
    for (std::int64_t i = 0; i < looked_at && left_ > 0; ++i) {
      // Spread over all of them, where they are too many.
      const std::int64_t index = looked_at == all ? i : i * (all / looked_at);
      Point point = Combination(index);
      if (!seen.insert(point).second) continue;
      CheckAt(point, {});
      combinations.push_back(std::move(point));
    }
    for (const Point& combination : combinations) VaryIn(combination);
  }

 private:
  const std::vector<Place>& PlacesOf(std::size_t parameter) const {
    return space_.parameters()[parameter].probes();
  }

  // How many there are of the deciding parameters' values; at most 2^40.
  std::int64_t Combinations() const {
    std::int64_t all = 1;
    for (const std::size_t i : deciding_) {
      all *= static_cast<std::int64_t>(PlacesOf(i).size());
      if (all > std::int64_t{1} << 40) return std::int64_t{1} << 40;
    }
    return all;
  }

  // The others have their first values.
  Point Combination(std::int64_t index) const {
    Point point;
    for (const search::Parameter& parameter : space_.parameters()) point.push_back(parameter.probes().front());
    for (auto i = deciding_.rbegin(); i != deciding_.rend(); ++i) {
      const auto places = static_cast<std::int64_t>(PlacesOf(*i).size());
      point[*i] = PlacesOf(*i)[static_cast<std::size_t>(index % places)];
      index /= places;
    }
    return space_.Settled(std::move(point));
  }

  void VaryIn(const Point& combination) {
    for (const std::size_t i : mattering_) {
      if (combination[i].absent()) continue;
      const auto& places = PlacesOf(i);
      for (std::size_t place = 1; place < places.size() && left_ > 0; ++place) {
        if (place == 8) place = std::max(place, places.size() - 1);  // the first few, and the last
        Point point = combination;
        point[i] = places[place];
        CheckAt(point, space_.parameters()[i].name());
      }
    }
  }

  void CheckAt(const Point& point, const std::string& varied) {
    PointChecker::Values values;
    std::vector<std::string> causes;
    if (!varied.empty()) causes.push_back(varied);
    for (std::size_t i = 0; i < point.size(); ++i) {
      const search::Parameter& parameter = space_.parameters()[i];
      if (!point[i].absent()) values.emplace(parameter.name(), parameter.At(point[i]));
    }
    for (const std::size_t i : deciding_) {
      if (!point[i].absent()) causes.push_back(space_.parameters()[i].name());
    }
    left_ -= static_cast<std::int64_t>(checker_.Check(values, causes)) + kPointCost;
  }

  const SearchSpace& space_;
  PointChecker& checker_;
  std::vector<std::size_t> deciding_, mattering_;
  std::int64_t most_points_;              // as far as can be told beforehand
  std::int64_t left_ = kMostLayerChecks;  // that may still be looked at
};

}  // namespace

bool HasConditions(const Node& document, const SearchSpace& space) {
  if (space.conditional()) return true;
  for (const char* section : {"model", "training"}) {
    const Node* node = document.Find(section);
    if (node != nullptr && model::HasBranches(*node)) return true;
  }
  return false;
}

std::optional<model::Task> CheckConditionalPoints(const Node& document, const SearchSpace& space,
                                                  const std::vector<Usage>& usages, DatasetShapes& shapes,
                                                  model::Faults& faults) {
  if (!faults.empty()) return std::nullopt;
  PointChecker checker(document, usages, shapes, &space, faults);
  ConditionalPoints(document, space, usages, checker).Check();
  return checker.task();
}

}  // namespace hpsearch::study
