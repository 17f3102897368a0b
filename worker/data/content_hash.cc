#include "worker/data/content_hash.h"

#include <cstdint>
#include <vector>

#include "worker/data/digest.h"

namespace hpsearch::data {
namespace {

void Append(Digest& digest, const std::vector<std::uint8_t>& bytes) {
  digest.Append(static_cast<std::int64_t>(bytes.size()));
  digest.Append(bytes.data(), bytes.size());
}

}  // namespace

std::string ContentHash(const Dataset& dataset) {
  Digest digest;
  digest.Append(static_cast<std::int64_t>(dataset.shape.sample.size()));
  for (const std::int64_t size : dataset.shape.sample) digest.Append(size);
  for (const Part* part : {&dataset.train, &dataset.test}) {
    Append(digest, part->labels);
    Append(digest, part->features);
  }
  return digest.Hex();
}

}  // namespace hpsearch::data
