#include "server/model/fault.h"

#include <fmt/format.h>

namespace hpsearch::model {
std::string Join(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

std::string Join(std::string_view path, std::size_t index) { return fmt::format("{}[{}]", path, index); }

absl::Status ToStatus(const Faults& faults) {
  if (faults.empty()) return absl::OkStatus();
  std::string text;
  for (const Fault& fault : faults) {
    if (!text.empty()) text += '\n';
    text += fault.path.empty() ? fault.message : fmt::format("{}: {}", fault.path, fault.message);
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace hpsearch::model
