#include "worker/data/content_hash.h"

#include <xxhash.h>

#include <array>
#include <cstdint>
#include <memory>

#include "fmt/format.h"

namespace hpsearch::data {
namespace {

class Hasher {
 public:
  Hasher() { XXH3_128bits_reset(state_.get()); }

  void Add(std::int64_t number) {
    std::array<std::uint8_t, 8> bytes;
    for (int i = 0; i < 8; ++i)
      bytes[i] = static_cast<std::uint8_t>(static_cast<std::uint64_t>(number) >> (8 * i));
    XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
  }
  void Add(const std::vector<std::uint8_t>& bytes) {
    Add(static_cast<std::int64_t>(bytes.size()));
    XXH3_128bits_update(state_.get(), bytes.data(), bytes.size());
  }
  std::string Hex() const {
    const XXH128_hash_t hash = XXH3_128bits_digest(state_.get());
    return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
  }

 private:
  struct Free {
    void operator()(XXH3_state_t* state) const { XXH3_freeState(state); }
  };
  std::unique_ptr<XXH3_state_t, Free> state_{XXH3_createState()};
};

}  // namespace

std::string ContentHash(const Dataset& dataset) {
  Hasher hasher;
  hasher.Add(static_cast<std::int64_t>(dataset.shape.sample.size()));
  for (const std::int64_t size : dataset.shape.sample) hasher.Add(size);
  for (const Part* part : {&dataset.train, &dataset.test}) {
    hasher.Add(part->labels);
    hasher.Add(part->features);
  }
  return hasher.Hex();
}

}  // namespace hpsearch::data
