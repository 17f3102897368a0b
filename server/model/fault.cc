#include "server/model/fault.h"

#include <fmt/format.h>

namespace hpsearch::model {
namespace {

// A status travels in gRPC's trailing metadata, which is dropped beyond 8 KiB.
constexpr std::size_t kMostStatusBytes = 6000;

}  // namespace

std::string Join(std::string_view path, std::string_view key) {
  return path.empty() ? std::string(key) : fmt::format("{}.{}", path, key);
}

std::string Join(std::string_view path, std::size_t index) { return fmt::format("{}[{}]", path, index); }

absl::Status ToStatus(const Faults& faults) {
  if (faults.empty()) return absl::OkStatus();
  std::string text;
  for (std::size_t i = 0; i < faults.size(); ++i) {
    const Fault& fault = faults[i];
    std::string line = fault.path.empty() ? fault.message : fmt::format("{}: {}", fault.path, fault.message);
    if (i > 0 && text.size() + line.size() > kMostStatusBytes) {
      text += fmt::format("\nand {} more", faults.size() - i);
      break;
    }
    if (i > 0) text += '\n';
    text += line;
  }
  return absl::InvalidArgumentError(text);
}

}  // namespace hpsearch::model
