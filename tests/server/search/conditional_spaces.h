// Random spaces with conditions, and what their points are by the definition: each combination of values without
// what its own conditions leave out, each once, in the order of the file.
#pragma once

#include <algorithm>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/server/search/spaces.h"

namespace hpsearch::search {

struct ConditionalSpace {
  std::string json;
  std::vector<model::Usage> usages;
  std::vector<model::Conditions> when;  // of each parameter, beside its usages

  SearchSpace Read() const {
    model::Faults faults;
    SearchSpace space = SearchSpace::Read(Json(json), usages, faults);
    EXPECT_TRUE(faults.empty()) << json << "\n" << model::ToStatus(faults);
    return space;
  }
};

class ConditionalSpaces {
 public:
  explicit ConditionalSpaces(std::uint64_t seed) : random_(seed) {}

  // Up to `most` parameters; about half of them hang on earlier ones.
  ConditionalSpace Any(int most) {
    ConditionalSpace space;
    space.json = "{";
    selectors_.clear();
    const int parameters = std::max(1, most - Below(4));
    for (int i = 0; i < parameters; ++i) {
      const std::string name = "p" + std::to_string(i);
      const bool selects = Below(2) == 0;
      model::Conditions when;
      std::string text = selects ? Selector(name) : Axis();
      if (Below(3) == 0) when = AnyConditions(1);
      text += WhenText(when) + "}";
      space.json += (i > 0 ? ", \"" : "\"") + name + "\": " + text;
      space.when.push_back(when);
      const int uses = 1 + Below(3);
      const bool branches = Below(2) == 0;
      for (int use = 0; use < uses; ++use) {
        model::Usage usage = NamedAt(name, kAnyValue);
        if (branches) usage.when = AnyConditions(2);
        space.usages.push_back(std::move(usage));
      }
      if (selects) selectors_.push_back(candidate_);
    }
    space.json += "}";
    return space;
  }

  int Below(int bound) { return static_cast<int>(random_() % static_cast<std::uint64_t>(bound)); }

 private:
  inline static const model::KeyRule kAnyValue = {.key = "any", .type = model::KeyType::kText};

  std::string Selector(const std::string& name) {
    candidate_ = {name, {}};
    const int values = 1 + Below(3);
    std::string text = R"({"values": [)";
    for (int i = 0; i < values; ++i) {
      const int value = 3 * i + Below(3);
      candidate_.second.push_back(std::to_string(value));
      text += (i > 0 ? ", " : "") + candidate_.second.back();
    }
    return text + "]";
  }

  std::string Axis() {
    const std::string num = std::to_string(1 + Below(4));
    const std::string linspace = R"({"linspace": {"start": 0, "stop": 1, "num": )" + num + "}";
    return Below(3) == 0 ? linspace + R"(, "include": [7])" : linspace;
  }

  // On different earlier parameters, `most` of them; perhaps none.
  model::Conditions AnyConditions(int most) {
    model::Conditions conditions;
    std::set<std::string> named;
    for (int i = 0; i < most && !selectors_.empty(); ++i) {
      const auto& [name, values] =
          selectors_[static_cast<std::size_t>(Below(static_cast<int>(selectors_.size())))];
      if (!named.insert(name).second) continue;
      model::Condition condition = {.parameter = name, .names = {}, .domain = {}};
      if (Below(3) == 0) {
        condition.domain.low = Below(7);
      } else {
        for (const std::string& value : values) {
          if (Below(2) == 0 || condition.names.empty()) condition.names.push_back(value);
        }
        std::sort(condition.names.begin(), condition.names.end());
      }
      conditions.push_back(std::move(condition));
    }
    return conditions;
  }

  static std::string WhenText(const model::Conditions& when) {
    std::string text;
    for (const model::Condition& condition : when) {
      text += (text.empty() ? "\"" : ", \"") + condition.parameter + "\": ";
      if (condition.names.empty()) {
        text += R"({"min": )" + std::to_string(static_cast<int>(condition.domain.low)) + "}";
      } else {
        std::string list;
        for (const std::string& name : condition.names) list += (list.empty() ? "" : ", ") + name;
        text += "[" + list + "]";
      }
    }
    return text.empty() ? "" : ", \"when\": {" + text + "}";
  }

  std::mt19937_64 random_;
  std::vector<std::pair<std::string, std::vector<std::string>>> selectors_;  // of the space so far
  std::pair<std::string, std::vector<std::string>> candidate_;
};

// Whether all of them hold where the parameters have these values; what is null is absent.
inline bool Hold(const model::Conditions& conditions, const std::map<std::string, Scalar>& values) {
  return std::ranges::all_of(conditions, [&](const model::Condition& condition) {
    const Scalar& value = values.at(condition.parameter);
    const std::optional<double> number = model::NumberIn(value);
    if (condition.names.empty()) return number && *number >= condition.domain.low;
    return std::ranges::any_of(condition.names,
                               [&](const std::string& name) { return number == std::stod(name); });
  });
}

inline std::vector<Point> PointsByDefinition(const ConditionalSpace& written, const SearchSpace& space) {
  std::vector<std::size_t> digits(space.parameters().size());
  std::vector<Point> points;
  std::set<Point> seen;
  for (;;) {
    Point point;
    std::map<std::string, Scalar> values;
    for (std::size_t i = 0; i < digits.size(); ++i) {
      const Parameter& parameter = space.parameters()[i];
      bool used = false;
      for (const model::Usage& usage : written.usages) {
        used = used || (usage.parameter == parameter.name() && Hold(usage.when, values));
      }
      const bool there = used && Hold(written.when[i], values);
      point.push_back(there ? parameter.places()[digits[i]] : Place::Absent());
      values[parameter.name()] = there ? parameter.At(point.back()) : Scalar();
    }
    if (seen.insert(point).second) points.push_back(point);
    std::size_t axis = digits.size();
    while (axis-- > 0 && ++digits[axis] == space.parameters()[axis].places().size()) digits[axis] = 0;
    if (axis == static_cast<std::size_t>(-1)) return points;
  }
}

}  // namespace hpsearch::search
