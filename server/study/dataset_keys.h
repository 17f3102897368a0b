// Which data sets a study may train on, where its `dataset` section hangs on parameters. Pure.
#pragma once

#include <string>
#include <vector>

#include "server/model/document.h"
#include "server/search/search_space.h"

namespace hpsearch::study {

// A worker is to have them all.
inline constexpr std::size_t kMostDatasets = 16;

// The names and paths (model::DatasetSpec::Key) that the canonical section comes to with the parameters' values,
// each once, ascending. Of a section without faults at least one.
std::vector<std::string> DatasetKeys(const model::Node& dataset, const search::SearchSpace& space);

}  // namespace hpsearch::study
