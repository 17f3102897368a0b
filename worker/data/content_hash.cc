#include "worker/data/content_hash.h"

#include <cstdint>
#include <vector>

#include "worker/data/digest.h"

namespace hpsearch::data {
namespace {

template <typename T>
void Append(Digest& digest, const std::vector<T>& values) {
  digest.Append(static_cast<std::int64_t>(values.size()));
  digest.Append(values.data(), values.size() * sizeof(T));
}

}  // namespace

std::string ContentHash(const Dataset& dataset) {
  Digest digest;
  digest.Append(static_cast<std::int64_t>(dataset.shape.sample.size()));
  for (const std::int64_t size : dataset.shape.sample) digest.Append(size);
  for (const Part* part : {&dataset.train, &dataset.test}) {
    Append(digest, part->labels);
    Append(digest, part->features);
    if (!part->values.empty()) Append(digest, part->values);
    if (!part->targets.empty()) Append(digest, part->targets);
  }
  return digest.Hex();
}

}  // namespace hpsearch::data
