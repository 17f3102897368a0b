#include "worker/nn/random_stream.h"

namespace hpsearch::nn {
namespace {

PhiloxKey KeyOf(const RandomSource& source, Purpose purpose, std::int64_t layer) {
  const auto seed = static_cast<std::uint64_t>(source.seed);
  const auto replicate = static_cast<std::uint64_t>(source.replicate);
  // The name is hashed by the generator itself: every part counts in full, none is packed into too few bits.
  const PhiloxBlock name = {static_cast<std::uint32_t>(seed), static_cast<std::uint32_t>(seed >> 32),
                            static_cast<std::uint32_t>(replicate), static_cast<std::uint32_t>(replicate >> 32)};
  const PhiloxBlock hash = Philox(name, {static_cast<std::uint32_t>(purpose), static_cast<std::uint32_t>(layer)});
  return {hash[0], hash[1]};
}

}  // namespace

RandomStream::RandomStream(const RandomSource& source, Purpose purpose, std::int64_t layer)
    : key_(KeyOf(source, purpose, layer)) {}

PhiloxBlock RandomStream::Block(std::uint32_t index, std::uint32_t element) const {
  return Philox({index, element, 0, 0}, key_);
}

void RandomStream::Bundles(std::int64_t epoch, std::int64_t step, std::uint32_t first, std::int64_t count,
                           std::uint32_t* out) const {
  PhiloxBundles(key_, {static_cast<std::uint32_t>(step), static_cast<std::uint32_t>(epoch), 0}, first, count, out);
}

}  // namespace hpsearch::nn
