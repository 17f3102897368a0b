#include "tests/simulation/spaces.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <set>
#include <variant>

#include "server/model/json.h"
#include "tests/simulation/space_writer.h"

namespace hpsearch::simulation {

using model::Node;
using model::Scalar;

namespace {

bool IsAbsent(const Scalar& value) { return std::holds_alternative<std::monostate>(value); }

double Number(const Scalar& value) {
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return static_cast<double>(*integer);
  return std::get<double>(value);
}

}  // namespace

const Space& Space::Of(std::uint64_t number) {
  static std::map<std::uint64_t, std::unique_ptr<const Space>> known;
  std::unique_ptr<const Space>& space = known[number];
  if (space == nullptr) space = std::make_unique<const Space>(SpaceWriter::Write(number));
  return *space;
}

bool Space::Hold(const Conditions& conditions, const Values& point) {
  return std::ranges::all_of(conditions, [&](const Condition& condition) {
    const Scalar& value = point.at(condition.axis);
    if (IsAbsent(value)) return false;
    if (condition.values.empty()) return Number(value) >= condition.least;
    return std::ranges::find(condition.values, value) != condition.values.end();
  });
}

bool Space::Present(const Axis& axis, const Values& point) const {
  const bool used = axis.uses.empty() || std::ranges::any_of(axis.uses, [&](const Conditions& conditions) {
                      return Hold(conditions, point);
                    });
  return used && Hold(axis.when, point);
}

std::string Space::TextOf(const Values& point) const {
  Node::Mapping values;
  for (std::size_t i = 0; i < axes_.size(); ++i) {
    if (!IsAbsent(point[i])) values.push_back({axes_[i].name, Node(point[i])});
  }
  return model::ToJson(Node(std::move(values)));
}

Space::Values Space::ValuesOf(const std::string& point) const {
  const Node given = model::FromJson(point).value();
  Values values;
  for (const Axis& axis : axes_) {
    const Node* value = given.Find(axis.name);
    values.push_back(value == nullptr ? Scalar() : value->scalar());
  }
  return values;
}

std::size_t Space::Combinations() const {
  std::size_t combinations = 1;
  for (const Axis& axis : axes_) combinations *= axis.values.size();
  return combinations;
}

void Space::Product(const std::vector<Values>& axes, bool settle, std::vector<std::string>& points) const {
  std::set<std::string> seen(points.begin(), points.end());
  std::vector<std::size_t> digits(axes.size());
  for (;;) {
    Values point;
    for (std::size_t i = 0; i < axes.size(); ++i) {
      point.push_back(!settle || Present(axes_[i], point) ? axes[i][digits[i]] : Scalar());
    }
    std::string text = TextOf(point);
    if (seen.insert(text).second) points.push_back(std::move(text));
    std::size_t axis = axes.size();
    while (axis > 0 && ++digits[axis - 1] == axes[axis - 1].size()) digits[--axis] = 0;
    if (axis == 0) return;
  }
}

std::vector<Space::Box> Space::BoxesAround(const std::vector<std::string>& centres,
                                           const std::vector<Box>& before) const {
  std::vector<Box> boxes;
  for (const std::string& text : centres) {
    const Values centre = ValuesOf(text);
    Box box{.axes = {}, .divisions = 1};
    for (const Box& earlier : before) {
      bool within = true;
      for (std::size_t i = 0; i < axes_.size(); ++i) {
        within = within && std::ranges::find(earlier.axes[i], centre[i]) != earlier.axes[i].end();
      }
      if (within) box.divisions = std::max(box.divisions, earlier.divisions + 1);
    }
    const double step = std::ldexp(1, -box.divisions);
    for (std::size_t i = 0; i < axes_.size(); ++i) {
      const Axis& axis = axes_[i];
      Values places;
      // Where on its lattice the centre is: some way beyond it at most, and on no finer one than the box's.
      for (double at = -8; axis.steps > 1 && places.empty() && at <= 16; at += 2 * step) {
        if (centre[i] != Scalar(axis.lattice(at))) continue;
        for (int offset = -2; offset <= 2; ++offset) {
          const double value = axis.lattice(at + offset * step);
          if (value > 0 && axis.low <= value && value <= axis.high) places.emplace_back(value);
        }
      }
      box.axes.push_back(places.empty() ? Values{centre[i]} : places);
    }
    boxes.push_back(std::move(box));
  }
  return boxes;
}

std::vector<std::string> Space::PointsIn(const std::vector<Box>& boxes) const {
  std::vector<std::string> points;
  for (const Box& box : boxes) Product(box.axes, false, points);
  return points;
}

std::pair<std::string, std::string> Space::Sections(const std::string& point) const {
  const Values values = ValuesOf(point);
  std::string layers;
  for (const Layer& layer : layers_) layers += layer.trained(values);
  return {"[" + layers + SpaceWriter::kOutput + "]", trained_optimizer_(values)};
}

}  // namespace hpsearch::simulation
