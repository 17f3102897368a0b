#include "tests/simulation/space_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>
#include <variant>

#include "server/model/json.h"

namespace hpsearch::simulation {

using model::Scalar;
using model::ToJson;
using Values = Space::Values;

namespace {

constexpr std::size_t kMostAxes = 6, kMostPoints = 60, kMostCombinations = 3000;

bool Absent(const Scalar& value) { return std::holds_alternative<std::monostate>(value); }

// A key and its value with a comma in front; nothing where it is absent.
std::string Key(const char* key, const Scalar& value) {
  return Absent(value) ? "" : fmt::format(R"(,"{}":{})", key, ToJson(value));
}

std::string Dense(const Scalar& max_norm) {
  return fmt::format(R"({{"dense":{{"units":2{}}}}})", Key("max_norm", max_norm));
}

std::string BranchName(const Scalar& value) {
  const auto* text = std::get_if<std::string>(&value);
  return text != nullptr ? *text : ToJson(value);
}

std::string List(const Values& values) {
  std::string text;
  for (const Scalar& value : values) {
    if (!text.empty()) text += ',';
    text += ToJson(value);
  }
  return fmt::format("[{}]", text);
}

}  // namespace

Space SpaceWriter::Write(std::uint64_t number) {
  for (std::uint64_t again = 0;; ++again) {
    SpaceWriter writer(number * 0x9e3779b97f4a7c15U + again);
    if (writer.Draw(number % 3 != 0)) return std::move(writer.space_);
  }
}

bool SpaceWriter::Draw(bool conditional) {
  const std::int64_t entries = dice_.Between(1, kMostAxes);
  while (entries_ < entries) AddEntry();
  for (const Selector& selector : selectors_) {
    if (selector.written) continue;
    const Values values = space_.axes_[selector.axis].values;
    std::string written = fmt::format(R"({{"switch":"${}")", space_.axes_[selector.axis].name);
    for (const Scalar& value : values) {
      written += fmt::format(R"(,"{}":{})", BranchName(value), value == values.front() ? "[]" : R"(["flatten"])");
    }
    AddLayer(written + "}", [axis = selector.axis, first = values.front()](const Values& point) {
      return point[axis] == first ? "" : R"("flatten",)";
    });
  }
  space_.optimizer_ = space_.trained_optimizer_ ? space_.optimizer_ : R"("sgd")";
  if (!space_.trained_optimizer_) space_.trained_optimizer_ = [](const Values&) { return R"("sgd")"; };
  for (const Space::Layer& layer : space_.layers_) space_.model_ += layer.written + ",";
  space_.model_ = "[" + space_.model_ + kOutput + "]";
  space_.parameters_ += "}";
  space_.epochs_ = dice_.Between(1, 3);
  if (space_.axes_.size() > kMostAxes || space_.Combinations() > kMostCombinations) return false;
  std::vector<Values> axes;
  for (const Space::Axis& axis : space_.axes_) axes.push_back(axis.values);
  space_.Product(axes, true, space_.points_);
  if (space_.points_.size() > kMostPoints) return false;
  if (conditional && space_.points_.size() == space_.Combinations()) return false;
  WriteSearch();
  return true;
}

void SpaceWriter::WriteSearch() {
  const auto refined = std::ranges::count_if(space_.axes_, [](const auto& axis) { return axis.steps > 1; });
  space_.spread_ = dice_.Chance(0.3);
  space_.search_ = space_.spread_ ? R"({"grid":{"order":"spread"})" : R"({"grid":{})";
  if (refined <= 2 && dice_.Chance(0.4)) {
    space_.rounds_ = dice_.Between(2, 3);
    space_.around_ = dice_.Between(1, 2);
    space_.search_ += fmt::format(R"(,"refine":{{"rounds":{},"around":{}}})", space_.rounds_, space_.around_);
  }
  space_.search_ += "}";
}

void SpaceWriter::AddEntry() {
  const std::string name = fmt::format("p{}", ++entries_);
  const double what = dice_.Fraction();
  if (what < 0.2) return AddSwitch(name);
  if (what < 0.3) return AddCounter(name);
  if (what < 0.45) return AddActivation(name);
  if (what < 0.5) return AddUnits(name);
  if (what < 0.6 && !rate_) return AddRate(name);
  Selector* counter = AnySelector(true);
  if (counter != nullptr && dice_.Chance(0.5)) return AddRepeated(name, *counter);
  AddNumber(name);
}

SpaceWriter::Selector* SpaceWriter::AnySelector(bool counts) {
  std::vector<Selector*> fit;
  for (Selector& selector : selectors_) {
    if (selector.always && selector.counts == counts) fit.push_back(&selector);
  }
  return fit.empty() ? nullptr : dice_.OneOf(fit);
}

void SpaceWriter::AddLayer(std::string written, std::function<std::string(const Values&)> trained) {
  space_.layers_.push_back({std::move(written), std::move(trained)});
}

void SpaceWriter::AddParameter(const std::string& name, const std::string& text) {
  space_.parameters_ += fmt::format(R"({}"{}":{})", space_.parameters_.empty() ? "{" : ",", name, text);
}

Space::Axis SpaceWriter::ListedAxis(const std::string& name, Values values) {
  Space::Axis axis;
  axis.name = name;
  axis.values = std::move(values);
  return axis;
}

void SpaceWriter::AddSwitch(const std::string& name) {
  Values values;
  for (std::int64_t i = 0, count = dice_.Between(1, 3); i < count; ++i) {
    values.push_back(dice_.Chance(0.5) ? Scalar(std::string(1, static_cast<char>('a' + i))) : Scalar(i + 1));
  }
  AddParameter(name, fmt::format(R"({{"values":{}}})", List(values)));
  // Unwritten: it decides of others alone, and where nothing hangs on it, it gets a layer in the end.
  selectors_.push_back({.axis = space_.axes_.size(), .always = true});
  space_.axes_.push_back(ListedAxis(name, std::move(values)));
}

void SpaceWriter::AddCounter(const std::string& name) {
  Values values;
  for (std::int64_t i = dice_.Between(0, 1), end = dice_.Between(1, 2); i <= end; ++i) values.emplace_back(i);
  AddParameter(name, fmt::format(R"({{"values":{}}})", List(values)));
  AddLayer(fmt::format(R"({{"repeat":{{"times":"${}","layers":[{{"activation":"relu"}}]}}}})", name),
           [axis = space_.axes_.size()](const Values& point) {
             std::string layers;
             for (auto i = std::get<std::int64_t>(point[axis]); i > 0; --i) layers += R"({"activation":"relu"},)";
             return layers;
           });
  selectors_.push_back({.axis = space_.axes_.size(), .always = true, .counts = true, .written = true});
  space_.axes_.push_back(ListedAxis(name, std::move(values)));
}

void SpaceWriter::AddActivation(const std::string& name) {
  Values values = {Scalar("tanh"), Scalar("relu")};
  if (dice_.Chance(0.4)) values.insert(values.begin(), Scalar("sigmoid"));
  std::string text = fmt::format(R"({{"values":{})", List(values));
  Space::Axis axis = ListedAxis(name, std::move(values));
  axis.when = AnyWhen(text);
  AddParameter(name, text + "}");
  AddLayer(fmt::format(R"({{"dense":{{"units":2,"activation":"${}"}}}})", name),
           [at = space_.axes_.size()](const Values& point) {
             return fmt::format(R"({{"dense":{{"units":2{}}}}},)", Key("activation", point[at]));
           });
  selectors_.push_back({.axis = space_.axes_.size(), .written = true});
  space_.axes_.push_back(std::move(axis));
}

// An integer key: values are rounded, halves to even, and repeats are dropped.
void SpaceWriter::AddUnits(const std::string& name) {
  const std::int64_t stop = dice_.Between(2, 4), num = dice_.Between(2, 5);
  Values values;
  for (std::int64_t i = 0; i < num; ++i) {
    const double value =
        1 + static_cast<double>(i) * (static_cast<double>(stop - 1) / static_cast<double>(num - 1));
    const Scalar rounded = static_cast<std::int64_t>(std::nearbyint(value));
    if (std::ranges::find(values, rounded) == values.end()) values.push_back(rounded);
  }
  AddParameter(name, fmt::format(R"({{"linspace":{{"start":1,"stop":{},"num":{}}}}})", stop, num));
  AddLayer(fmt::format(R"({{"dense":{{"units":"${}"}}}})", name), [at = space_.axes_.size()](const Values& point) {
    return fmt::format(R"({{"dense":{{"units":{}}}}},)", ToJson(point[at]));
  });
  space_.axes_.push_back(ListedAxis(name, std::move(values)));
}

// Its values are exact whatever way they are computed.
Space::Axis SpaceWriter::NumericAxis(const std::string& name, std::string& text) {
  Space::Axis axis = ListedAxis(name, {});
  axis.high = std::numeric_limits<double>::infinity();
  const double kind = dice_.Fraction();
  if (kind < 0.15) {
    const double value = static_cast<double>(dice_.Between(1, 8)) / 4;
    axis.values = {Scalar(value)};
    text = fmt::format(R"({{"values":[{}])", ToJson(axis.values.front()));
    return axis;
  }
  if (kind < 0.35) {
    for (std::int64_t i = 0, count = dice_.Between(1, 3); i < count; ++i) {
      axis.values.emplace_back(static_cast<double>(3 * i + dice_.Between(1, 3)) / 8);
    }
    text = fmt::format(R"({{"values":{})", List(axis.values));
    return axis;
  }
  axis.steps = dice_.Between(1, 4);
  const auto start = static_cast<double>(dice_.Between(1, 3));
  const double stop = start + static_cast<double>(axis.steps - 1);
  if (kind < 0.8) {
    axis.lattice = [start](double steps) { return (start + steps) / 4; };
    text = fmt::format(R"({{"linspace":{{"start":{},"stop":{},"num":{}}})", start / 4, stop / 4, axis.steps);
  } else {
    axis.lattice = [start](double steps) { return std::pow(2, start + steps); };
    text = fmt::format(R"({{"logspace":{{"start":{},"stop":{},"num":{},"base":2}})", start, stop, axis.steps);
  }
  for (std::int64_t i = 0; i < axis.steps; ++i) axis.values.emplace_back(axis.lattice(static_cast<double>(i)));
  if (dice_.Chance(0.3)) {
    axis.values.emplace_back(0.3);  // no lattice comes to it, however fine
    text += R"(,"include":[0.3])";
  }
  if (dice_.Chance(0.3)) {
    axis.low = axis.lattice(0);
    axis.high = axis.lattice(static_cast<double>(axis.steps) - 0.5);
    text += fmt::format(R"(,"bounds":[{},{}])", ToJson(Scalar(axis.low)), ToJson(Scalar(axis.high)));
  }
  return axis;
}

void SpaceWriter::AddRate(const std::string& name) {
  std::string text;
  Space::Axis axis = NumericAxis(name, text);
  axis.when = AnyWhen(text);
  AddParameter(name, text + "}");
  rate_ = space_.axes_.size();
  space_.optimizer_ = fmt::format(R"({{"sgd":{{"momentum":0.5,"learning_rate":"${}"}}}})", name);
  space_.trained_optimizer_ = [at = *rate_](const Values& point) {
    return fmt::format(R"({{"sgd":{{"momentum":0.5{}}}}})", Key("learning_rate", point[at]));
  };
  space_.axes_.push_back(std::move(axis));
}

void SpaceWriter::AddNumber(const std::string& name) {
  std::string text;
  const std::size_t at = space_.axes_.size();
  Space::Axis axis = NumericAxis(name, text);
  axis.when = AnyWhen(text);
  AddParameter(name, text + "}");
  Selector* const chosen = dice_.Chance(0.5) ? AnySelector(false) : nullptr;
  Selector* const counter = dice_.Chance(0.3) ? AnySelector(true) : nullptr;
  if (chosen != nullptr) {
    axis.uses.push_back(AddBranch(at, name, *chosen));
    Selector* const other = AnySelector(false);
    if (other != chosen && dice_.Chance(0.5)) axis.uses.push_back(AddBranch(at, name, *other));
  } else if (counter != nullptr) {  // the same value in each repetition
    AddLayer(fmt::format(R"({{"repeat":{{"times":"${}","layers":[{}]}}}})", space_.axes_[counter->axis].name,
                         Dense(Scalar("$" + name))),
             [at, count = counter->axis](const Values& point) {
               std::string layers;
               for (auto i = std::get<std::int64_t>(point[count]); i > 0; --i) layers += Dense(point[at]) + ",";
               return layers;
             });
    axis.uses.push_back({{.axis = counter->axis, .values = {}, .least = 1}});
  } else {
    AddLayer(Dense(Scalar("$" + name)), [at](const Values& point) { return Dense(point[at]) + ","; });
  }
  space_.axes_.push_back(std::move(axis));
}

Space::Conditions SpaceWriter::AddBranch(std::size_t axis, const std::string& name, Selector& selector) {
  selector.written = true;
  const Space::Axis& choice = space_.axes_[selector.axis];
  const Scalar taken = dice_.OneOf(choice.values);
  std::string written = fmt::format(R"({{"switch":"${}")", choice.name);
  for (const Scalar& value : choice.values) {
    written += fmt::format(R"(,"{}":[{}])", BranchName(value), value == taken ? Dense(Scalar("$" + name)) : "");
  }
  AddLayer(written + "}", [axis, by = selector.axis, taken](const Values& point) {
    return point[by] == taken ? Dense(point[axis]) + "," : "";
  });
  return {{.axis = selector.axis, .values = {taken}}};
}

// One of its own for each repetition; their layers' names have its number.
void SpaceWriter::AddRepeated(const std::string& name, Selector& counter) {
  std::string text;
  const Space::Axis axis = NumericAxis(name, text);
  const Space::Conditions when = AnyWhen(text);
  const Space::Axis count = space_.axes_[counter.axis];
  AddParameter(name, text + fmt::format(R"(,"per":"{}"}})", count.name));
  const std::size_t first = space_.axes_.size();
  AddLayer(
      fmt::format(
          R"({{"repeat":{{"times":"${}","layers":[{{"dense":{{"units":2,"name":"own_{}","max_norm":"${}"}}}}]}}}})",
          count.name, name, name),
      [first, name, by = counter.axis](const Values& point) {
        std::string layers;
        for (std::int64_t i = 1; i <= std::get<std::int64_t>(point[by]); ++i) {
          layers += fmt::format(R"({{"dense":{{"units":2,"name":"own_{}_{}"{}}}}},)", name, i,
                                Key("max_norm", point[first + static_cast<std::size_t>(i) - 1]));
        }
        return layers;
      });
  for (std::int64_t i = 1; i <= std::get<std::int64_t>(count.values.back()); ++i) {
    space_.axes_.push_back(axis);
    space_.axes_.back().name = fmt::format("{}_{}", name, i);
    space_.axes_.back().when = when;
    space_.axes_.back().uses = {{{.axis = counter.axis, .values = {}, .least = static_cast<double>(i)}}};
  }
}

Space::Condition SpaceWriter::AnyConditionOn(const Selector& selector) {
  Space::Condition condition{.axis = selector.axis, .values = {}};
  const Values& values = space_.axes_[selector.axis].values;
  if (selector.counts && dice_.Chance(0.6)) {
    condition.least = static_cast<double>(std::get<std::int64_t>(dice_.OneOf(values)));
    return condition;
  }
  for (const Scalar& value : values) {
    if (dice_.Chance(0.5)) condition.values.push_back(value);
  }
  if (condition.values.empty()) condition.values.push_back(dice_.OneOf(values));
  return condition;
}

Space::Conditions SpaceWriter::AnyWhen(std::string& text) {
  Space::Conditions when;
  std::string conditions;
  for (Selector& selector : selectors_) {
    if (when.size() == 2 || !dice_.Chance(0.3)) continue;
    const Space::Condition condition = AnyConditionOn(selector);
    if (dice_.Chance(0.7)) selector.written = true;
    conditions += fmt::format(
        R"({}"{}":{})", when.empty() ? "" : ",", space_.axes_[selector.axis].name,
        condition.values.empty() ? fmt::format(R"({{"min":{}}})", condition.least) : List(condition.values));
    when.push_back(condition);
  }
  if (!when.empty()) text += fmt::format(R"(,"when":{{{}}})", conditions);
  return when;
}

}  // namespace hpsearch::simulation
