// xxh3-128 of what is appended, in hex. Move-only; one thread.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <type_traits>

struct XXH3_state_s;

namespace hpsearch::train {

class Digest {
 public:
  Digest();

  void Append(const void* bytes, std::size_t size);
  template <typename T>
  requires std::is_arithmetic_v<T>
  void Append(T value) { Append(&value, sizeof value); }
  std::string Hex() const;

 private:
  struct Free {
    void operator()(XXH3_state_s* state) const;
  };
  std::unique_ptr<XXH3_state_s, Free> state_;
};

}  // namespace hpsearch::train
