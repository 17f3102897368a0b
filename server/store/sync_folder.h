// Makes it durable that a file has been made, renamed or removed. Any thread; it blocks. UNAVAILABLE: the system
// refuses.
#pragma once

#include <string>

#include "absl/status/status.h"

namespace hpsearch::store {

// The folder of that file.
absl::Status SyncFolder(const std::string& path);

}  // namespace hpsearch::store
