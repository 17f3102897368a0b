#include "server/study/dataset_shapes.h"

#include <fmt/format.h>

#include <utility>
#include <variant>

#include "absl/status/status.h"

namespace hpsearch::study {
namespace {

std::string TextOf(const model::Column& column) {
  const auto* index = std::get_if<std::int64_t>(&column);
  return index != nullptr ? fmt::format("#{}", *index) : std::get<std::string>(column);
}

// No text of a study has a line break in it. How features are scaled makes no difference to a shape.
std::string KeyOf(const model::DatasetSpec& dataset) {
  std::string key = dataset.Key();
  for (const std::int64_t label : dataset.classes) key += fmt::format("\nclass {}", label);
  if (dataset.test_fraction) key += fmt::format("\ntest {}", *dataset.test_fraction);
  if (dataset.target) key += "\ntarget " + TextOf(*dataset.target);
  if (dataset.header) key += *dataset.header ? "\nheader" : "\nno header";
  for (const model::Column& column : dataset.drop) key += "\ndrop " + TextOf(column);
  for (const model::Column& column : dataset.categorical) key += "\ncategorical " + TextOf(column);
  return key;
}

}  // namespace

std::optional<model::DatasetShape> DatasetShapes::Of(const model::DatasetSpec& dataset, model::Faults& faults) {
  if (!lookup_) return std::nullopt;
  const std::string key = KeyOf(dataset);
  auto known = known_.find(key);
  if (known == known_.end()) known = known_.emplace(key, lookup_(dataset)).first;
  const Found& found = known->second;
  if (found.ok()) return *found;
  AddFaults(found.status(), dataset, faults);
  return std::nullopt;
}

ShapeLookup Always(const model::DatasetShape* shape) {
  if (shape == nullptr) return nullptr;
  return [shape](const model::DatasetSpec&) -> absl::StatusOr<model::DatasetShape> { return *shape; };
}

void AddFaults(const absl::Status& status, const model::DatasetSpec& dataset, model::Faults& faults) {
  const std::string message(status.message());
  if (absl::IsNotFound(status)) {
    faults.push_back({dataset.name.empty() ? "dataset.path" : "dataset.name", message});
  } else if (absl::IsInvalidArgument(status)) {
    // The data set's own words begin with the key that asks for it.
    const std::size_t colon = message.find(": ");
    const bool has_key = message.starts_with("dataset") && colon != std::string::npos;
    faults.push_back(
        {has_key ? message.substr(0, colon) : "dataset", has_key ? message.substr(colon + 2) : message});
  }
}

}  // namespace hpsearch::study
