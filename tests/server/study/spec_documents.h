// Study documents from JSON, and what ReadSpec makes of them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "server/model/json.h"
#include "server/study/spec.h"

namespace hpsearch::study {

inline model::Node Document(const std::string& json) { return model::FromJson(json).value(); }

// "key.path: what is wrong", a fault each; `shape`: the data set's, where it is known.
inline std::vector<std::string> FaultsOf(const model::Node& document, const model::DatasetShape* shape) {
  model::Faults faults;
  const auto spec = ReadSpec(document, Always(shape), faults);
  EXPECT_EQ(spec == nullptr, !faults.empty());
  std::vector<std::string> lines;
  for (const model::Fault& fault : faults) lines.push_back(fault.path + ": " + fault.message);
  return lines;
}

// Requires: the document has no faults.
inline std::shared_ptr<const StudySpec> Read(const model::Node& document) {
  model::Faults faults;
  auto spec = ReadSpec(document, nullptr, faults);
  EXPECT_TRUE(faults.empty()) << model::ToStatus(faults);
  return spec;
}

}  // namespace hpsearch::study
