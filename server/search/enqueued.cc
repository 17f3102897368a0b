#include "server/search/enqueued.h"

#include <fmt/format.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "server/model/json.h"
#include "server/model/key_rule.h"
#include "server/model/names.h"

namespace hpsearch::search {
namespace {

using model::Join;
using model::Node;

// The strategy's own points; Sobol's of one that learns.
std::unique_ptr<strategy::Sequence> FirstPoints(const SearchSpace& space, const Search& search,
                                                std::int64_t seed) {
  const strategy::Kind& kind = search.sampling->learns() ? *strategy::Find("sobol") : *search.sampling->kind;
  return std::get<0>(kind.make)(
      {.cube = space.cube(), .settle = space.settle(), .seed = static_cast<std::uint64_t>(seed)},
      search.sampling->settings);
}

Point PointOf(const SearchSpace& space, const Enqueued& named, const strategy::Coordinates& drawn) {
  Point point;
  for (std::size_t i = 0; i < space.parameters().size(); ++i) {
    const Parameter& parameter = space.parameters()[i];
    point.push_back(!space.Present(i, point) ? Place::Absent()
                    : named.places[i]        ? *named.places[i]
                                             : parameter.FromUnit(drawn[i]));
  }
  return point;
}

std::string WantedOf(const Parameter& parameter) {
  constexpr std::size_t kShown = 8;
  const auto text = [&](const Place& place) { return model::ToJson(Node(parameter.At(place))); };
  if (!parameter.gridded()) {
    return fmt::format("{} from {} to {}",
                       parameter.document().Find("range") != nullptr ? "a number" : "an integer",
                       text(parameter.probes().front()), text(parameter.probes().back()));
  }
  std::string values;
  for (std::size_t i = 0; i < parameter.places().size(); ++i) {
    if (i == kShown) return fmt::format("one of {}, ...", values);
    values += (i == 0 ? "" : ", ") + text(parameter.places()[i]);
  }
  return fmt::format("one of {}", values);
}

// A point's values; the faults of each.
std::optional<Enqueued> ReadPoint(const Node& node, const SearchSpace& space, const std::string& path,
                                  model::Faults& faults) {
  if (!node.is_mapping()) {
    faults.push_back({path, fmt::format("{}; a mapping of values by parameter is wanted", model::Describe(node))});
    return std::nullopt;
  }
  const std::size_t before = faults.size();
  Enqueued point{.places = std::vector<std::optional<Place>>(space.parameters().size()),
                 .document = Node(Node::Mapping())};
  std::vector<std::string> names;
  for (const Parameter& parameter : space.parameters()) names.push_back(parameter.name());
  for (const Node::Entry& entry : node.mapping()) {
    if (space.Find(entry.key) != nullptr) continue;
    faults.push_back(
        {Join(path, entry.key), model::UnknownName("parameter", entry.key, names), model::Fault::At::kKey});
  }
  for (std::size_t i = 0; i < names.size(); ++i) {
    const Node* value = node.Find(names[i]);
    if (value == nullptr) continue;
    const Parameter& parameter = space.parameters()[i];
    if (value->is_scalar()) point.places[i] = parameter.PlaceOf(value->scalar());
    if (!point.places[i]) {
      faults.push_back(
          {Join(path, names[i]), fmt::format("{}; {} is wanted", model::Describe(*value), WantedOf(parameter))});
      continue;
    }
    // Of a range as it was written: its place is found from that again.
    const Scalar at = parameter.At(*point.places[i]);
    const bool real = !parameter.gridded() && !point.places[i]->listed;
    point.document.Set(names[i], real ? Node(*model::NumberIn(value->scalar())) : Node(at));
  }
  if (faults.size() > before) return std::nullopt;
  return point;
}

}  // namespace

void ReadEnqueued(const Node& enqueue, const SearchSpace& space, std::int64_t seed, Search& search,
                  model::Faults& faults) {
  const std::string key = "search.enqueue";
  if (enqueue.is_null()) return;
  if (!search.sampling) {
    faults.push_back(
        {key,
         "a grid trains all of its points, and no other; 'include: [VALUE]' beside a parameter's space "
         "adds a value to it, 'hpsearch refine STUDY --at NAME=VALUE,...' trains the points round one",
         model::Fault::At::kKey});
    return;
  }
  if (!enqueue.is_sequence()) {
    faults.push_back({key, fmt::format("{}; a sequence of points is wanted, such as [{{learning_rate: 0.01}}]",
                                       model::Describe(enqueue))});
    return;
  }
  const std::size_t count = enqueue.sequence().size();
  if (count > kMostEnqueued) {
    faults.push_back({key, fmt::format("{} points; at most {} are wanted", count, kMostEnqueued)});
    return;
  }
  if (static_cast<std::int64_t>(count) > search.sampling->trials) {
    faults.push_back(
        {key, fmt::format("{} points, which are counted among the trials, and search.{}.trials is {}; "
                          "fewer points, or more trials, are wanted",
                          count, search.sampling->name(), search.sampling->trials)});
    return;
  }
  const std::size_t before = faults.size();
  for (std::size_t i = 0; i < count; ++i) {
    std::optional<Enqueued> point = ReadPoint(enqueue.sequence()[i], space, Join(key, i), faults);
    if (point) search.enqueued.push_back(*std::move(point));
  }
  if (faults.size() > before) return;
  const std::vector<Point> points = EnqueuedPoints(space, search, seed);
  for (std::size_t i = 0; i < points.size(); ++i) {
    for (std::size_t p = 0; p < space.parameters().size(); ++p) {
      if (!search.enqueued[i].places[p] || !points[i][p].absent()) continue;
      faults.push_back(
          {Join(Join(key, i), space.parameters()[p].name()),
           "the parameter is not in this point, as its conditions have it; other values of those that "
           "it hangs on are wanted, or none of this one",
           model::Fault::At::kKey});
    }
  }
}

std::vector<Point> EnqueuedPoints(const SearchSpace& space, const Search& search, std::int64_t seed) {
  std::vector<Point> points;
  if (search.enqueued.empty()) return points;
  const std::unique_ptr<strategy::Sequence> drawn = FirstPoints(space, search, seed);
  for (const Enqueued& named : search.enqueued) {
    points.push_back(PointOf(space, named, drawn->At(std::ssize(points))));
  }
  return points;
}

}  // namespace hpsearch::search
