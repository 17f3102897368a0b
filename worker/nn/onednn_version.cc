#include "worker/nn/onednn_version.h"

#include "dnnl.hpp"

namespace hpsearch::nn {

std::string OneDnnVersion() {
  const dnnl::version_t* version = dnnl::version();
  return std::to_string(version->major) + "." + std::to_string(version->minor) + "." +
         std::to_string(version->patch);
}

}  // namespace hpsearch::nn
