// One point of a study after the other against model::CheckTogether. A short-lived helper of one call; it borrows
// all that it is given. No errors of its own.
#pragma once

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "server/model/dataset.h"
#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_rule.h"
#include "server/model/metric.h"
#include "server/search/search_space.h"
#include "server/study/dataset_shapes.h"

namespace hpsearch::study {

// Whether the value can make a difference to CheckTogether.
bool MattersTogether(const model::KeyRule& rule);

class PointChecker {
 public:
  // Values of a point by parameter; null: not known.
  using Values = std::map<std::string, model::Scalar, std::less<>>;

  // `conditional`: the space, where branches stand in the document or parameters may be absent. What is not among
  // a point's values is absent then, and its sections are checked key by key as well.
  PointChecker(const model::Node& document, const std::vector<model::Usage>& usages, DatasetShapes& shapes,
               const search::SearchSpace* conditional, model::Faults& faults)
      : document_(document), usages_(usages), shapes_(shapes), conditional_(conditional), faults_(faults) {}

  // Adds the faults at keys that no point before had faults at; they say which value of the point brings them
  // about: of `varied`, where the key names none. How many layers were looked at.
  std::size_t Check(const Values& values, const std::vector<std::string>& varied);

  // What the points so far learn; nullopt: not known.
  std::optional<model::Task> task() const { return task_; }

 private:
  // The shape of the point's data set, as far as it is known and of use.
  std::optional<model::DatasetShape> ShapeOf(const model::Node& dataset, model::Faults& found);
  void CheckTask(std::optional<model::Task> task, model::Faults& found);
  std::string Cause(const std::string& path, const Values& values, const std::vector<std::string>& varied) const;

  const model::Node& document_;
  const std::vector<model::Usage>& usages_;
  DatasetShapes& shapes_;
  const search::SearchSpace* conditional_;
  model::Faults& faults_;
  std::set<std::string> seen_;
  std::optional<model::Task> task_;
  struct Dataset {
    model::Node section;
    model::DatasetSpec spec;
  };
  std::optional<Dataset> last_;  // most points have the one before
};

}  // namespace hpsearch::study
