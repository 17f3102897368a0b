#include "worker/data/claimed_bytes.h"

#include <algorithm>
#include <array>
#include <span>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace hpsearch::data {
namespace {

constexpr std::size_t kFirstGrowth = 1 << 20;

absl::Status Fault(const ByteSource& source, const std::string& what) {
  return absl::DataLossError(absl::StrCat(source.path(), ": ", what));
}

}  // namespace

std::uint64_t BoundedProduct(const std::vector<std::int64_t>& sizes, std::uint64_t ceiling) {
  std::uint64_t product = 1;
  for (const std::int64_t size : sizes) {
    if (product > ceiling / static_cast<std::uint64_t>(size)) return ceiling + 1;
    product *= static_cast<std::uint64_t>(size);
  }
  return product;
}

absl::StatusOr<std::vector<std::uint8_t>> ReadClaimed(ByteSource& source, std::uint64_t claimed,
                                                      std::uint64_t most_bytes, const std::string& claim) {
  const std::uint64_t possible = source.MostBytes();
  if (claimed > possible) {
    return Fault(source, absl::StrCat("is cut short: ", claim, ", but ",
                                      source.gzipped() ? "its gzip stream can hold no more than " : "it holds ",
                                      possible, " with its header"));
  }
  if (claimed > most_bytes) {
    return absl::ResourceExhaustedError(
        absl::StrCat(source.path(), ": ", claim, "; no more than ", most_bytes, " are taken for a data set"));
  }
  std::vector<std::uint8_t> bytes;
  while (bytes.size() < claimed) {
    const std::size_t have = bytes.size();
    bytes.resize(std::min<std::uint64_t>(claimed, std::max(kFirstGrowth, 2 * have)));
    const std::span<std::uint8_t> fresh = std::span(bytes).subspan(have);
    absl::StatusOr<std::size_t> got = source.Read(fresh);
    if (!got.ok()) return got.status();
    if (*got < fresh.size()) {
      return Fault(source, absl::StrCat("is cut short: ", claim, ", but ", have + *got, " follow"));
    }
  }
  std::array<std::uint8_t, 1> beyond{};
  absl::StatusOr<std::size_t> got = source.Read(beyond);
  if (!got.ok()) return got.status();
  if (*got != 0) return Fault(source, absl::StrCat(claim, ", but more follow"));
  return bytes;
}

}  // namespace hpsearch::data
