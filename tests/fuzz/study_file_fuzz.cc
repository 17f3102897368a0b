// client/study_file/study_file.h: any text as a study file. What was accepted means the same when its canonical
// form, which is JSON and so YAML, is read again.
#include <string>

#include "client/study_file/study_file.h"
#include "tests/fuzz/input.h"

namespace {

using hpsearch::fuzz::Require;

absl::StatusOr<hpsearch::model::DatasetShape> SomeShape(const hpsearch::model::DatasetSpec& dataset) {
  if (dataset.Key() == "missing") return absl::NotFoundError("no data set 'missing'");
  return hpsearch::model::DatasetShape{.sample = {28, 28}, .classes = 10, .train_rows = 600, .test_rows = 100};
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using hpsearch::study_file::Parse;
  using hpsearch::study_file::StudyFile;
  const std::string text(reinterpret_cast<const char*>(data), size);
  const StudyFile file = Parse(text, "study.yaml", {}, SomeShape);
  Require((file.spec == nullptr) != file.faults.empty(), "there is a study, or there are faults");
  for (const std::string& fault : file.faults) {
    Require(fault.starts_with("study.yaml:"), "a fault says where it is");
  }
  if (file.spec == nullptr) return 0;
  const auto again = hpsearch::study::ReadSpec(file.spec->canonical);
  Require(again.ok() && (*again)->canonical == file.spec->canonical, "the canonical form reads as itself");
  return 0;
}
