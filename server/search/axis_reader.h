// Reads one entry of the `parameters` section into an axis: its generator, its listed values, its limits. A reader
// is a short-lived helper of one call; it borrows the usages and where faults go. No errors of its own.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/model/key_rule.h"
#include "server/search/generator.h"

namespace hpsearch::search {

struct Axis {
  Generator generator;
  bool integer = false;             // an integer key names it: every value is in `listed`, rounded
  bool numbers = false;             // only number keys name it: integers are numbers there
  std::int64_t lattice_points = 0;  // places 0 .. lattice_points - 1 of the generator's lattice come first
  std::vector<Scalar> listed;       // then these
  model::Domain limits;             // of refinement
  model::Node document;             // the entry in its canonical form
};

class AxisReader {
 public:
  // `path` is the entry's; `usages` are those of the parameter.
  AxisReader(std::string path, const std::vector<model::Usage>& usages, model::Faults& faults);

  // nullopt: there are faults, which were added.
  std::optional<Axis> Read(const model::Node& node);

 private:
  void Add(std::string path, std::string message, model::Fault::At at = model::Fault::At::kValue);
  bool ok() const { return faults_.size() == before_; }

  void ReadConstant(const Scalar& value);
  void ReadMapping(const model::Node& node);
  void CheckKeys(const model::Node& node, const model::Node::Entry*& generator);
  void Generate(const std::string& path);
  void ReadInclude(const model::Node& node);
  void ReadBounds(const model::Node& node);
  // A value that stands in the file or comes from a generator, as the keys that name it want numbers.
  void AddListed(const Scalar& value, const std::string& path);
  std::optional<Scalar> AsKeysWant(const Scalar& value) const;
  bool IsNew(const Scalar& value);

  const std::string path_;
  model::Faults& faults_;
  const std::size_t before_;
  model::Domain domain_;
  Axis axis_;
  std::vector<double> lattice_values_;         // ascending; empty for an integer key
  absl::flat_hash_set<Scalar> listed_values_;  // of axis_.listed
};

}  // namespace hpsearch::search
