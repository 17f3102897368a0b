// The loops that every rule runs, over a kernel that says what it does to one weight:
//
//   struct Kernel {
//     static constexpr std::size_t kSlots = 1;
//     float operator()(float value, float gradient, float& slot, float&, float&) const;  // the new value
//   };
//
// HPSEARCH_RULE(Name, Kernel) makes of it a rule, class Name##Rule, with a version of both loops for each
// instruction set; the bits are the same in all of them. For the rules' own files alone.
#pragma once

#include <cstdint>

#include "worker/nn/vectorized.h"
#include "worker/optim/rule.h"
#include "worker/optim/tile.h"

namespace hpsearch::optim {

template <class Kernel>
inline float Updated(const Kernel& kernel, float value, float gradient, float* slot0, float* slot1, float* slot2,
                     std::int64_t i) {
  float none = 0;
  return kernel(value, gradient, Kernel::kSlots > 0 ? slot0[i] : none, Kernel::kSlots > 1 ? slot1[i] : none,
                Kernel::kSlots > 2 ? slot2[i] : none);
}

template <class Kernel>
inline void UpdateRun(Kernel kernel, const Run& run, std::int64_t count) {
  float* __restrict value = run.value;
  const float* __restrict gradient = run.gradient;
  float* __restrict slot0 = run.slots[0];
  float* __restrict slot1 = run.slots[1];
  float* __restrict slot2 = run.slots[2];
#pragma GCC ivdep
  for (std::int64_t i = 0; i < count; ++i) {
    value[i] = Updated(kernel, value[i], gradient[i], slot0, slot1, slot2, i);
  }
}

template <class Kernel>
inline void UpdateRowsWithSquares(Kernel kernel, const Run& run, float* __restrict squares, std::int64_t rows,
                                  std::int64_t stride, std::int64_t count) {
  float* value_row = run.value;
  const float* gradient_row = run.gradient;
  float* slot_rows[kMostSlots] = {run.slots[0], run.slots[1], run.slots[2]};
  for (std::int64_t row = 0; row < rows; ++row) {
    float* __restrict value = value_row;
    const float* __restrict gradient = gradient_row;
    float* __restrict slot0 = slot_rows[0];
    float* __restrict slot1 = slot_rows[1];
    float* __restrict slot2 = slot_rows[2];
#pragma GCC ivdep  // six arrays are more than the compiler checks for overlaps; they are apart
    for (std::int64_t i = 0; i < count; ++i) {
      value[i] = Updated(kernel, value[i], gradient[i], slot0, slot1, slot2, i);
      squares[i] += value[i] * value[i];
    }
    value_row += stride;
    gradient_row += stride;
    for (std::size_t slot = 0; slot < Kernel::kSlots; ++slot) slot_rows[slot] += stride;
  }
}

// The attribute of several versions goes with functions, not with templates. A whole tile has a count that the
// compiler knows, and with it its sums in registers.
#define HPSEARCH_RULE(Name, Kernel)                                                                              \
  HPSEARCH_VECTORIZED void Name##Update(const Kernel& kernel, const Run& run, std::int64_t count) {              \
    UpdateRun(kernel, run, count);                                                                               \
  }                                                                                                              \
  HPSEARCH_VECTORIZED void Name##UpdateWithSquares(const Kernel& kernel, const Run& run, float* squares,         \
                                                   std::int64_t rows, std::int64_t stride, std::int64_t count) { \
    if (count == kTile) {                                                                                        \
      UpdateRowsWithSquares(kernel, run, squares, rows, stride, kTile);                                          \
    } else {                                                                                                     \
      UpdateRowsWithSquares(kernel, run, squares, rows, stride, count);                                          \
    }                                                                                                            \
  }                                                                                                              \
  class Name##Rule : public Rule {                                                                               \
   public:                                                                                                       \
    explicit Name##Rule(const Kernel& kernel) : kernel_(kernel) {}                                               \
    std::size_t slots() const override { return Kernel::kSlots; }                                                \
    void Begin(double rate, std::int64_t step) override { kernel_.Begin(rate, step); }                           \
    void Update(const Run& run, std::int64_t count) const override { Name##Update(kernel_, run, count); }        \
    void UpdateWithSquares(const Run& run, float* squares, std::int64_t rows, std::int64_t stride,               \
                           std::int64_t count) const override {                                                  \
      Name##UpdateWithSquares(kernel_, run, squares, rows, stride, count);                                       \
    }                                                                                                            \
                                                                                                                 \
   private:                                                                                                      \
    Kernel kernel_;                                                                                              \
  }

}  // namespace hpsearch::optim
