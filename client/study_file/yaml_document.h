// YAML text to the study document: yaml-cpp parses, and what it takes in silence is refused here, with line and
// column: duplicate and merge keys, keys that are no scalars, several documents, tags beyond the core schema, too
// deep nesting, aliases that multiply. Pure; yaml-cpp's exceptions end here.
#pragma once

#include <string>
#include <vector>

#include "client/study_file/source_map.h"
#include "server/model/document.h"

namespace hpsearch::study_file {

inline constexpr int kMaxDepth = 32;
// With aliases written out; a bomb of them is refused long before it is large.
inline constexpr std::int64_t kMaxNodes = 100'000;

struct YamlDocument {
  model::Node root;
  SourceMap places;
  std::vector<LocatedFault> faults;
  // The document is not whole: nothing below the faults can be said of it.
  bool broken = false;
};

// Collections one within another; 0 of a scalar.
int DepthOf(const model::Node& node);

// Requires: CheckText found nothing in `text`.
YamlDocument ParseYaml(const std::string& text);

}  // namespace hpsearch::study_file
