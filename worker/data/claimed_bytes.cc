#include "worker/data/claimed_bytes.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
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

template <typename T>
absl::StatusOr<std::vector<T>> ReadClaimed(ByteSource& source, std::uint64_t claimed, std::uint64_t most_bytes,
                                           const std::string& claim) {
  static_assert(std::endian::native == std::endian::little);
  const std::uint64_t possible = source.MostBytes();
  if (claimed > possible / sizeof(T)) {
    return Fault(source, absl::StrCat("is cut short: ", claim, ", but ",
                                      source.gzipped() ? "its gzip stream can hold no more than " : "it holds ",
                                      possible, sizeof(T) > 1 ? " bytes with its header" : " with its header"));
  }
  if (claimed > most_bytes / sizeof(T)) {
    return absl::ResourceExhaustedError(absl::StrCat(source.path(), ": ", claim, "; no more than ", most_bytes,
                                                     sizeof(T) > 1 ? " bytes" : "", " are taken for a data set"));
  }
  std::vector<T> elements;
  while (elements.size() < claimed) {
    const std::size_t have = elements.size();
    elements.resize(std::min<std::uint64_t>(claimed, std::max(kFirstGrowth / sizeof(T), 2 * have)));
    const std::span<T> fresh = std::span(elements).subspan(have);
    absl::StatusOr<std::size_t> got =
        source.Read({reinterpret_cast<std::uint8_t*>(fresh.data()), fresh.size_bytes()});
    if (!got.ok()) return got.status();
    if (*got < fresh.size_bytes()) {
      return Fault(source, absl::StrCat("is cut short: ", claim, ", but ", have * sizeof(T) + *got,
                                        sizeof(T) > 1 ? " bytes follow" : " follow"));
    }
  }
  std::array<std::uint8_t, 1> beyond{};
  absl::StatusOr<std::size_t> got = source.Read(beyond);
  if (!got.ok()) return got.status();
  if (*got != 0) return Fault(source, absl::StrCat(claim, ", but more follow"));
  return elements;
}

template absl::StatusOr<std::vector<std::uint8_t>> ReadClaimed(ByteSource&, std::uint64_t, std::uint64_t,
                                                               const std::string&);
template absl::StatusOr<std::vector<float>> ReadClaimed(ByteSource&, std::uint64_t, std::uint64_t,
                                                        const std::string&);
template absl::StatusOr<std::vector<double>> ReadClaimed(ByteSource&, std::uint64_t, std::uint64_t,
                                                         const std::string&);
template absl::StatusOr<std::vector<std::int32_t>> ReadClaimed(ByteSource&, std::uint64_t, std::uint64_t,
                                                               const std::string&);
template absl::StatusOr<std::vector<std::int64_t>> ReadClaimed(ByteSource&, std::uint64_t, std::uint64_t,
                                                               const std::string&);

}  // namespace hpsearch::data
