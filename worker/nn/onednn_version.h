// The oneDNN that this process runs with. Any thread; no errors.
#pragma once

#include <string>

namespace hpsearch::nn {

std::string OneDnnVersion();  // "2.6.3"

}  // namespace hpsearch::nn
