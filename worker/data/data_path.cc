#include "worker/data/data_path.h"

#include <cstdlib>

#include "absl/strings/str_split.h"

namespace hpsearch::data {

std::vector<std::string> DataPath() {
  if (const char* path = std::getenv("HPSEARCH_DATA"); path != nullptr && *path != '\0') {
    return absl::StrSplit(path, ':', absl::SkipEmpty());
  }
  std::vector<std::string> folders = {"./data"};
  if (const char* home = std::getenv("HOME"); home != nullptr && *home != '\0') {
    folders.push_back(std::string(home) + "/.local/share/hpsearch/data");
  }
  folders.push_back("/usr/share/datasets");
  return folders;
}

}  // namespace hpsearch::data
