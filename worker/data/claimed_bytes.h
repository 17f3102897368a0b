// The contents of a file whose header says how long they are. Memory grows with what the file bears out, never
// with what its header claims alone.
//
// Threads: any; a pure function of the source. Errors: DATA_LOSS, "path: fault", where the file holds fewer bytes
// or more; RESOURCE_EXHAUSTED where the claim exceeds `most_bytes`; those of byte_source.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "worker/data/byte_source.h"

namespace hpsearch::data {

// The product of the sizes, or `ceiling` + 1 as soon as it exceeds the ceiling. Requires: the sizes are above 0.
std::uint64_t BoundedProduct(const std::vector<std::int64_t>& sizes, std::uint64_t ceiling);

// All that is left of the source, which are to be `claimed` elements, as they stand in memory (little-endian);
// `claim` says so in the faults ("its header says 7x2x3 bytes"). Reads to the end, where a gzip stream's check sum
// stands. T: std::uint8_t, float, double, std::int32_t, std::int64_t.
template <typename T>
absl::StatusOr<std::vector<T>> ReadClaimed(ByteSource& source, std::uint64_t claimed, std::uint64_t most_bytes,
                                           const std::string& claim);

}  // namespace hpsearch::data
