#include "server/search/axis_reader.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cmath>

#include "server/model/json.h"
#include "server/model/names.h"

namespace hpsearch::search {
namespace {

using model::Describe;
using model::Fault;
using model::Join;
using model::KeyType;
using model::kInt64End;
using model::Node;

// What stands in an entry; `when` and `per` are the space's to read.
const std::vector<std::string>& Keys() {
  static const std::vector<std::string> keys = [] {
    std::vector<std::string> all = GeneratorNames();
    all.insert(all.end(), {"include", "bounds", "when", "per"});
    return all;
  }();
  return keys;
}

bool Contains(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<double> NumberIn(const Node& node) {
  return node.is_scalar() ? model::NumberIn(node.scalar()) : std::nullopt;
}

bool TakesNothingBeside(const Generator& generator) {
  return std::holds_alternative<Values>(generator) || std::holds_alternative<Range>(generator) ||
         std::holds_alternative<IntRange>(generator);
}

bool IsIntegerKey(const model::Usage& usage) {
  return usage.rule.type == KeyType::kInteger || usage.rule.type == KeyType::kIntegers ||
         usage.rule.type == KeyType::kExtent || usage.rule.type == KeyType::kColumn;
}

}  // namespace

AxisReader::AxisReader(std::string path, const std::vector<model::Usage>& usages, model::Faults& faults)
    : path_(std::move(path)), faults_(faults), before_(faults.size()) {
  axis_.integer = std::any_of(usages.begin(), usages.end(), IsIntegerKey);
  axis_.numbers = !usages.empty() && std::all_of(usages.begin(), usages.end(), [](const model::Usage& usage) {
    return usage.rule.type == KeyType::kNumber;
  });
  for (const model::Usage& usage : usages) {
    domain_ = domain_.Intersect(usage.rule.domain);
    axis_.limits = axis_.limits.Intersect(usage.rule.refinement_bounds);
  }
}

void AxisReader::Add(std::string path, std::string message, Fault::At at) {
  faults_.push_back({std::move(path), std::move(message), at});
}

std::optional<Axis> AxisReader::Read(const Node& node) {
  if (node.is_null()) {
    Add(path_,
        "nothing stands there; a scalar is wanted, or a mapping such as {linspace: {start: 0, stop: 1, num: 5}}",
        Fault::At::kKey);
  } else if (node.is_sequence()) {
    Add(path_, "a sequence stands there; listed values are written {values: [...]}");
  } else if (node.is_scalar()) {
    ReadConstant(node.scalar());
  } else {
    ReadMapping(node);
  }
  if (!ok()) return std::nullopt;
  axis_.limits = axis_.limits.Intersect(domain_);
  return std::move(axis_);
}

void AxisReader::ReadConstant(const Scalar& value) {
  if (const auto fault = FaultOf(value)) {
    Add(path_, *fault);
    return;
  }
  // A constant is no axis: where it does not fit an integer key, the file is wrong.
  const auto* number = std::get_if<double>(&value);
  const bool fraction = number != nullptr && *number != std::floor(*number);
  const Scalar constant = axis_.integer && fraction ? value : AsKeysWant(value).value_or(value);
  axis_.generator = Constant{constant};
  axis_.listed = {constant};
  axis_.document = Node(constant);
}

void AxisReader::ReadMapping(const Node& node) {
  const Node::Entry* generator = nullptr;
  CheckKeys(node, generator);
  if (generator == nullptr) return;
  const std::string path = Join(path_, generator->key);
  std::optional<Generator> read = ReadGenerator(generator->key, generator->value, path, faults_);
  if (read) {
    axis_.generator = *std::move(read);
    Generate(path);
    axis_.document = Node(Node::Mapping{{generator->key, GeneratorDocument(axis_.generator)}});
  }
  // What stands beside it is looked at all the same, so that its faults are told at once.
  if (const Node* include = node.Find("include")) ReadInclude(*include);
  if (const Node* bounds = node.Find("bounds")) ReadBounds(*bounds);
}

void AxisReader::CheckKeys(const Node& node, const Node::Entry*& generator) {
  for (const Node::Entry& entry : node.mapping()) {
    const std::string path = Join(path_, entry.key);
    if (Contains(GeneratorNames(), entry.key)) {
      if (generator == nullptr) {
        generator = &entry;
      } else {
        Add(path,
            fmt::format("'{}' stands beside '{}'; a parameter takes one of the two", entry.key, generator->key),
            Fault::At::kKey);
      }
    } else if (!Contains(Keys(), entry.key)) {
      Add(path, model::UnknownName("key of a parameter", entry.key, Keys()), Fault::At::kKey);
    }
  }
  if (generator == nullptr) {
    Add(path_, fmt::format("nothing gives it values; one of {} is wanted", fmt::join(GeneratorNames(), ", ")),
        Fault::At::kKey);
    return;
  }
  const bool values = generator->key == "values";
  if (!values && generator->key != "range" && generator->key != "int_range") return;
  for (const char* key : {"include", "bounds"}) {
    if (node.Find(key) == nullptr) continue;
    const bool include = std::string_view(key) == "include";
    Add(Join(path_, key),
        values ? fmt::format("'{}' stands beside 'values', which are never refined; {}", key,
                             include ? "add them to the values" : "leave it out")
               : fmt::format("'{}' stands beside '{}', {}; leave it out", key, generator->key,
                             include ? "which has all values between its ends" : "whose ends are its bounds"),
        Fault::At::kKey);
  }
}

void AxisReader::Generate(const std::string& path) {
  if (auto* values = std::get_if<Values>(&axis_.generator)) {
    for (std::size_t i = 0; i < values->values.size(); ++i) AddListed(values->values[i], Join(path, i));
    values->values = axis_.listed;
    return;
  }
  if (const auto* range = std::get_if<Range>(&axis_.generator)) {
    if (axis_.integer) Add(path, "an integer key names the parameter; int_range is wanted", Fault::At::kKey);
    axis_.limits = {.low = range->low, .high = range->high};
    return;
  }
  if (std::holds_alternative<IntRange>(axis_.generator)) return;
  const std::int64_t points = LatticePoints(axis_.generator);
  std::vector<double> generated(static_cast<std::size_t>(points));
  for (std::int64_t i = 0; i < points; ++i) {
    const double value = LatticeValue(axis_.generator, LatticePlace(i));
    generated[static_cast<std::size_t>(i)] = value;
    if (std::isfinite(value)) continue;
    Add(path, fmt::format("value {} of {} is {}; finite values are wanted", i + 1, points, value));
    return;
  }
  if (axis_.integer) {
    for (std::size_t i = 0; i < generated.size() && ok(); ++i) AddListed(generated[i], path);
    return;
  }
  std::sort(generated.begin(), generated.end());
  const auto twice = std::adjacent_find(generated.begin(), generated.end());
  if (twice != generated.end()) {
    Add(path, fmt::format("{} is twice among its {} values; different values are wanted: fewer of them, or ends "
                          "that are further apart",
                          *twice, points));
    return;
  }
  axis_.lattice_points = points;
  lattice_values_ = std::move(generated);
}

void AxisReader::ReadInclude(const Node& node) {
  if (TakesNothingBeside(axis_.generator)) return;  // a fault already
  const std::string path = Join(path_, "include");
  if (!node.is_sequence()) {
    Add(path, fmt::format("{}; a sequence of numbers is wanted, such as [0]", Describe(node)));
    return;
  }
  const std::size_t room = static_cast<std::size_t>(kMaxAxisValues - LatticePoints(axis_.generator));
  if (node.sequence().size() > room) {
    Add(path, fmt::format("{} values and the generated ones are too many; at most {} fit one axis",
                          node.sequence().size(), kMaxAxisValues));
    return;
  }
  Node::Sequence included;
  for (std::size_t i = 0; i < node.sequence().size(); ++i) {
    const std::optional<double> number = NumberIn(node.sequence()[i]);
    if (number && std::isfinite(*number)) {
      AddListed(*number, Join(path, i));
      included.emplace_back(*number);
    } else {
      Add(Join(path, i), fmt::format("{}; a finite number is wanted", Describe(node.sequence()[i])));
    }
  }
  if (!included.empty()) axis_.document.Set("include", std::move(included));
}

void AxisReader::ReadBounds(const Node& node) {
  if (TakesNothingBeside(axis_.generator)) return;  // a fault already
  const std::string path = Join(path_, "bounds");
  if (!node.is_sequence() || node.sequence().size() != 2) {
    Add(path, fmt::format("{}; two numbers are wanted: [low, high]",
                          node.is_sequence() ? fmt::format("{} items", node.sequence().size()) : Describe(node)));
    return;
  }
  const std::optional<double> low = NumberIn(node.sequence()[0]);
  const std::optional<double> high = NumberIn(node.sequence()[1]);
  for (std::size_t i = 0; i < 2; ++i) {
    const std::optional<double>& bound = i == 0 ? low : high;
    if (!bound || std::isnan(*bound)) {
      Add(Join(path, i), fmt::format("{}; a number is wanted", Describe(node.sequence()[i])));
      return;
    }
  }
  if (*low > *high) {
    Add(path, fmt::format("{} is above {}; the lower bound comes first: [{}, {}]", *low, *high, *high, *low));
    return;
  }
  const model::Domain bounds = {.low = *low, .high = *high};
  const model::Domain both = domain_.Intersect(bounds);
  if (both.low > both.high || (both.low == both.high && !both.Contains(both.low))) {
    Add(path, fmt::format("nothing in {} can stand at the keys that name the parameter; a part of {} is wanted",
                          bounds.ToString(), domain_.ToString()));
    return;
  }
  axis_.limits = bounds;
  axis_.document.Set("bounds", Node::Sequence{*low, *high});
}

void AxisReader::AddListed(const Scalar& value, const std::string& path) {
  std::optional<Scalar> wanted = AsKeysWant(value);
  if (!wanted) {
    Add(path, fmt::format("{} does not fit an integer key; a number within 64 bits is wanted", Describe(value)));
  } else if (IsNew(*wanted)) {
    axis_.listed.push_back(*std::move(wanted));
  } else if (!axis_.integer) {
    Add(path, fmt::format("{} is on the axis already; different values are wanted", model::ToJson(value)));
  }
}

std::optional<Scalar> AxisReader::AsKeysWant(const Scalar& value) const {
  if (const auto* number = std::get_if<double>(&value); number != nullptr && axis_.integer) {
    const double rounded = std::nearbyint(*number);  // halves to even, as numpy.rint
    if (!(rounded >= -kInt64End && rounded < kInt64End)) return std::nullopt;
    return static_cast<std::int64_t>(rounded);
  }
  if (const auto* integer = std::get_if<std::int64_t>(&value); integer != nullptr && axis_.numbers) {
    return static_cast<double>(*integer);
  }
  return value;
}

bool AxisReader::IsNew(const Scalar& value) {
  const auto* number = std::get_if<double>(&value);
  if (number == nullptr) return listed_values_.insert(value).second;
  if (std::binary_search(lattice_values_.begin(), lattice_values_.end(), *number)) return false;
  // 1 and 1.0 are one value, as are 0.0 and -0.0.
  const bool whole = *number == std::floor(*number) && *number >= -kInt64End && *number < kInt64End;
  return listed_values_.insert(whole ? Scalar(static_cast<std::int64_t>(*number)) : value).second;
}

}  // namespace hpsearch::search
