// A block of floats that begins on a cache line, as vector instructions and oneDNN like it. Move-only; frees what
// it holds. Errors: std::bad_alloc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>
#include <span>

namespace hpsearch::nn {

class Floats {
 public:
  Floats() = default;
  explicit Floats(std::int64_t size)  // zeros
      : data_(new (kAlignment) float[static_cast<std::size_t>(size)]()), size_(static_cast<std::size_t>(size)) {}

  float* data() { return data_.get(); }
  const float* data() const { return data_.get(); }
  std::size_t size() const { return size_; }
  std::span<float> span() { return {data(), size_}; }
  std::span<const float> span() const { return {data(), size_}; }

 private:
  static constexpr std::align_val_t kAlignment{64};
  struct Free {
    void operator()(float* data) const { ::operator delete[](data, kAlignment); }
  };
  std::unique_ptr<float[], Free> data_;
  std::size_t size_ = 0;
};

}  // namespace hpsearch::nn
