// `--set key.path=value`: one value of a study document replaced from the command line, as if the file said so.
// The value is YAML, a scalar or in flow style: `--set 'parameters.dropout={values: [0.1, 0.2]}'`. Pure.
#pragma once

#include <optional>
#include <string>

#include "client/study_file/source_map.h"
#include "server/model/document.h"

namespace hpsearch::study_file {

// Replaces or adds what `override` names. Mappings on the way are made where they are missing; an item of a
// sequence ("model[1].dense.units") must be there. A fault has the position of the command line (line 0).
std::optional<LocatedFault> ApplyOverride(const std::string& override, model::Node& document, SourceMap& places);

}  // namespace hpsearch::study_file
