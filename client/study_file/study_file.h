// A study file, read and checked: YAML to study::StudySpec, with every fault of the file at once, each as
// "FILE:LINE:COLUMN: key.path: what is wrong, and what would be right", in the order of the file.
//
// Threads: none of its own; a StudyFile is a value. Errors: faults are lines of text, since they are shown to whom
// wrote the file; there are no others.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "server/study/dataset_shapes.h"
#include "server/study/spec.h"

namespace hpsearch::study_file {

struct Options {
  std::optional<std::string> name;     // instead of the file's `study`
  std::vector<std::string> overrides;  // "key.path=value"
  // A data set is wanted by its name, as another machine's workers find it.
  bool dataset_by_name = false;
};

// What is known here of a data set.
using study::ShapeLookup;

struct StudyFile {
  std::shared_ptr<const study::StudySpec> spec;  // null where there are faults
  std::vector<std::string> faults;
};

// `lookup` may be empty: then nothing that depends on the data is checked.
StudyFile Load(const std::string& path, const Options& options, const ShapeLookup& lookup);

// The same of a text; `file` is what faults call it.
StudyFile Parse(const std::string& text, const std::string& file, const Options& options,
                const ShapeLookup& lookup);

}  // namespace hpsearch::study_file
