#include "server/rpc/status.h"

#include <fmt/format.h>

#include <algorithm>
#include <string>

namespace hpsearch::rpc {
namespace {

constexpr std::size_t kMostEncoded = 7000;

// Bytes that a character takes in a trailer: what is not plain ASCII is percent-encoded.
std::size_t EncodedSize(char c) { return c >= ' ' && c <= '~' && c != '%' ? 1 : 3; }

std::string Cut(std::string message) {
  std::size_t encoded = 0;
  std::size_t fits = 0;
  while (fits < message.size() && encoded + EncodedSize(message[fits]) <= kMostEncoded) {
    encoded += EncodedSize(message[fits++]);
  }
  if (fits == message.size()) return message;
  const std::size_t line_end = message.rfind('\n', fits);
  if (line_end != std::string::npos && line_end > 0) fits = line_end;
  // Not inside a UTF-8 sequence.
  while (fits > 0 && (static_cast<unsigned char>(message[fits]) & 0xC0) == 0x80) --fits;
  const auto lines = 1 + std::count(message.begin() + static_cast<std::ptrdiff_t>(fits) + 1, message.end(), '\n');
  return message.substr(0, fits) + fmt::format("\n({} more lines)", lines);
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), Cut(std::string(status.message())));
}

}  // namespace hpsearch::rpc
