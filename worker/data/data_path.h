// Where this process looks for data sets. Reads the environment, so that it is called before threads change that;
// no errors.
#pragma once

#include <string>
#include <vector>

namespace hpsearch::data {

// HPSEARCH_DATA's folders, split at ':'; by default ./data, ~/.local/share/hpsearch/data, /usr/share/datasets.
std::vector<std::string> DataPath();

}  // namespace hpsearch::data
