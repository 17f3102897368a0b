// What is known, where a study is checked, of the data sets that its points name. Each is looked for once, however
// many points have it.
//
// A short-lived helper of one check, on its thread. Errors of a lookup become faults of the study.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "server/model/dataset.h"
#include "server/model/fault.h"

namespace hpsearch::study {

// NOT_FOUND and INVALID_ARGUMENT are faults of the study (no such set, a class that it does not have); any other
// error leaves the set's shape unchecked.
using ShapeLookup = std::function<absl::StatusOr<model::DatasetShape>(const model::DatasetSpec&)>;

class DatasetShapes {
 public:
  explicit DatasetShapes(ShapeLookup lookup) : lookup_(std::move(lookup)) {}  // empty: nothing is known

  // nullopt: not known. The faults are told each time.
  std::optional<model::DatasetShape> Of(const model::DatasetSpec& dataset, model::Faults& faults);

 private:
  using Found = absl::StatusOr<model::DatasetShape>;

  ShapeLookup lookup_;
  std::map<std::string, Found> known_;  // by all of the mapping that a shape depends on
};

// That one shape, whatever the data set; nothing is known where it is null. Borrows it.
ShapeLookup Always(const model::DatasetShape* shape);

// What a lookup's error says of a study: nothing, or a fault at the key that asks for it.
void AddFaults(const absl::Status& status, const model::DatasetSpec& dataset, model::Faults& faults);

}  // namespace hpsearch::study
