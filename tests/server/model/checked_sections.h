// Sections of a study document, checked: what the tests of each of them look at.
#pragma once

#include <string>
#include <vector>

#include "server/model/json.h"
#include "server/model/sections.h"

namespace hpsearch::model {

// What CheckSections made of a document with these sections.
struct Checked {
  Node document;
  std::vector<Usage> usages;
  std::vector<std::string> faults;  // "path: message"
  Faults raw;

  std::string Canonical(const char* section) const { return ToJson(*document.Find(section)); }
};

inline constexpr const char* kModel = R"([{"dense":{"units":10,"activation":"softmax"}}])";
inline constexpr const char* kTraining = R"({"epochs":1,"optimizer":"sgd"})";

inline Checked Check(const std::string& model, const std::string& training = kTraining,
                     const std::string& dataset = R"("digits")") {
  Checked checked;
  checked.document =
      FromJson(R"({"dataset":)" + dataset + R"(,"model":)" + model + R"(,"training":)" + training + "}").value();
  checked.usages = CheckSections(checked.document, checked.raw);
  for (const Fault& fault : checked.raw) checked.faults.push_back(fault.path + ": " + fault.message);
  return checked;
}

}  // namespace hpsearch::model
