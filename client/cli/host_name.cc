#include "client/cli/host_name.h"

#include <unistd.h>

namespace hpsearch::cli {

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 && name[0] != '\0' ? name : "localhost";
}

}  // namespace hpsearch::cli
