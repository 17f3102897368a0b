// A block of numbers that begins on a cache line, as vector instructions and oneDNN like it. Move-only; frees what
// it holds. Errors: std::bad_alloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

namespace hpsearch::nn {

template <class Number>
class Numbers {
 public:
  Numbers() = default;
  explicit Numbers(std::int64_t size)  // zeros
      : data_(new (kAlignment) Number[static_cast<std::size_t>(size)]()), size_(static_cast<std::size_t>(size)) {}

  Number* data() { return data_.get(); }
  const Number* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::span<Number> span() { return {data(), size_}; }
  std::span<const Number> span() const { return {data(), size_}; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(Number* data) const { ::operator delete[](data, kAlignment); }
  };
  std::unique_ptr<Number[], Free> data_;
  std::size_t size_ = 0;
};

using Floats = Numbers<float>;

// The upper half of a float (bf16.h).
using Bf16 = std::uint16_t;
using Bf16s = Numbers<Bf16>;

}  // namespace hpsearch::nn
