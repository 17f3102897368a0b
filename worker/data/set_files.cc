#include "worker/data/set_files.h"

#include <filesystem>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "fmt/format.h"

namespace hpsearch::data {

namespace fs = std::filesystem;

std::optional<std::string> FindFile(const std::string& folder, const std::string& stem) {
  std::error_code error;
  for (const char* suffix : {"", ".gz"}) {
    const fs::path path = fs::path(folder) / absl::StrCat(stem, suffix);
    // A link to nowhere is a file that cannot be opened, not one that is missing.
    if (fs::exists(fs::symlink_status(path, error))) return path.string();
  }
  return std::nullopt;
}

std::string Filename(const std::string& path) { return fs::path(path).filename().string(); }

std::string Grouped(std::int64_t number) {
  return number < 1000 ? std::to_string(number) : fmt::format("{},{:03}", Grouped(number / 1000), number % 1000);
}

}  // namespace hpsearch::data
