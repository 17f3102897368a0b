// What the matrix products, convolutions and poolings of a training step take by themselves: forward and
// backward-weights of every layer that is trained, backward-data of every layer that has one that is trained in
// front of it. The upper limit that a trainer over oneDNN is measured against.
//
// Each runs in the memory formats that oneDNN likes best for it (format_tag::any), a product as inner product or
// as matmul, whichever was faster with the others running round it; no reorder between two formats is counted. The
// products run in the step's order, and what one writes is what the next one reads, as in the step.
//
// Sums, copies and what is done value by value is not counted, batch normalization with it.
//
// Threads: made and run on one thread. Errors: INTERNAL (oneDNN's own words); std::bad_alloc.
#pragma once

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/model/network.h"
#include "server/model/training.h"

namespace hpsearch::nn {

class Roofline {
 public:
  // Of batches of `rows`. Times the ways of each product, which takes some dozens of steps.
  static absl::StatusOr<std::unique_ptr<Roofline>> Create(const model::Network& network, std::int64_t rows,
                                                          model::Precision precision = model::Precision::kF32);
  ~Roofline();

  // Floating-point operations of a step: 2mnk of each product, as much for each weight of a convolution and value
  // of its dst.
  double flops() const;
  // The products of one step.
  absl::Status Step();

 private:
  class Impl;
  explicit Roofline(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace hpsearch::nn
