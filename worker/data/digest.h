// xxh3-128 of what is appended, in hex: the one hash behind data_hash, numerics_digest and the digests of weights.
// Numbers go in as they stand in memory, little-endian. Move-only; one thread. Errors: std::bad_alloc.
#pragma once

#include <bit>
#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>

struct XXH3_state_s;

namespace hpsearch::data {

class Digest {
 public:
  Digest();

  void Append(const void* bytes, std::size_t size);
  template <typename T>
  requires std::is_arithmetic_v<T>
  void Append(T value) {
    static_assert(std::endian::native == std::endian::little);
    Append(&value, sizeof value);
  }
  std::string Hex() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace hpsearch::data
