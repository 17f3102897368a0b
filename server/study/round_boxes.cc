#include "server/study/round_boxes.h"

#include <utility>

#include "server/model/json.h"
#include "server/search/point_text.h"

namespace hpsearch::study {
namespace {

using model::Node;
using search::Parameter;
using search::Place;

// Of places that all stand for numbers; null where they do not, or are fewer than two.
Node AxisOf(const Parameter& parameter, const std::vector<Place>& places, bool counted) {
  if (places.size() < 2) return {};
  std::optional<double> least, most;
  search::Scalar low, high;
  for (const Place& place : places) {
    if (place.absent()) return {};
    search::Scalar value = parameter.At(place);
    const std::optional<double> number = model::NumberIn(value);
    if (!number) return {};
    if (!least || *number < *least) {
      least = number;
      low = value;
    }
    if (!most || *number > *most) {
      most = number;
      high = std::move(value);
    }
  }
  Node::Mapping axis{{"low", low}, {"high", high}};
  axis.push_back({"num", counted ? Node(static_cast<std::int64_t>(places.size())) : Node()});
  return axis;
}

template <class PlacesOf>
Node AxesOf(const search::SearchSpace& space, const PlacesOf& places_of, bool first) {
  Node::Mapping axes;
  for (std::size_t i = 0; i < space.parameters().size(); ++i) {
    const Parameter& parameter = space.parameters()[i];
    Node axis = AxisOf(parameter, places_of(i), !first || parameter.gridded());
    if (!axis.is_null()) axes.push_back({parameter.name(), std::move(axis)});
  }
  return axes;
}

// Null: there is none.
Node FirstBox(const std::string& boxes) {
  const absl::StatusOr<Node> read = model::FromJson(boxes);
  if (!read.ok() || !read->is_sequence() || read->sequence().empty()) return {};
  return read->sequence().front();
}

}  // namespace

std::string BoxesOf(const search::SearchSpace& space, const search::Round& round,
                    const std::vector<BoxCentre>& centres) {
  Node::Sequence boxes;
  if (round.number() == 1) {
    const auto probes = [&](std::size_t axis) -> const std::vector<Place>& {
      return space.parameters()[axis].probes();
    };
    boxes.emplace_back(Node::Mapping{{"axes", AxesOf(space, probes, true)}});
    return model::ToJson(boxes);
  }
  for (std::size_t i = 0; i < round.boxes().size(); ++i) {
    const BoxCentre centre = i < centres.size() ? centres[i] : BoxCentre();
    Node::Mapping box;
    if (centre.trial) box.push_back({"trial", *centre.trial});
    if (centre.objective) box.push_back({"objective", *centre.objective});
    if (centre.standard_error) box.push_back({"standard_error", *centre.standard_error});
    if (!centre.trial) box.push_back({"point", search::ToText(round.centres()[i])});
    box.push_back({"centre", space.Values(round.centres()[i])});
    const auto places = [&](std::size_t axis) -> const std::vector<Place>& { return round.boxes()[i].axes[axis]; };
    box.push_back({"axes", AxesOf(space, places, false)});
    boxes.emplace_back(std::move(box));
  }
  return model::ToJson(boxes);
}

std::optional<search::Point> PointIn(const std::string& boxes) {
  const Node box = FirstBox(boxes);
  const Node* const point = box.Find("point");
  return point != nullptr && point->is_text() ? search::PointFrom(point->text()) : std::nullopt;
}

BoxCentre CentreIn(const std::string& boxes) {
  const Node box = FirstBox(boxes);
  const auto scalar = [&box](const char* key) {
    const Node* const node = box.Find(key);
    return node != nullptr && node->is_scalar() ? node->scalar() : model::Scalar();
  };
  BoxCentre centre = {.objective = model::NumberIn(scalar("objective")),
                      .standard_error = model::NumberIn(scalar("standard_error"))};
  const model::Scalar trial = scalar("trial");
  if (const auto* number = std::get_if<std::int64_t>(&trial)) centre.trial = *number;
  return centre;
}

}  // namespace hpsearch::study
