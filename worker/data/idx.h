// One IDX file (yann.lecun.com's MNIST format): two zero bytes, a type (8: unsigned bytes), a rank, the rank's
// sizes as big-endian 32-bit integers, then the elements, row-major. Gzipped or not.
//
// Threads: any; a pure function of the file. Memory grows with what the file bears out, never with what its header
// claims alone. Errors: DATA_LOSS, "path: fault"; RESOURCE_EXHAUSTED where the contents exceed `most_bytes`; those
// of byte_source.h.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace hpsearch::data {

struct IdxFile {
  std::vector<std::int64_t> sizes;  // rows first; all above 0
  std::vector<std::uint8_t> bytes;  // the product of sizes
};

// What the file is to hold: decides the ranks that are right and the words of the faults.
enum class IdxContent { kLabels, kImages };  // rank 1; ranks 2 to 4

absl::StatusOr<IdxFile> ReadIdx(const std::string& path, IdxContent content, std::uint64_t most_bytes);

}  // namespace hpsearch::data
