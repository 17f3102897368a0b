// Rows of a data set into a batch: bytes to floats, with the dropout of the network's first layer on the way, and
// the labels as the trial numbers them.
//
// Threads: one reader, one thread. Ownership: borrows the split, which outlives it. Errors: none; Trainer has
// checked the split.
#pragma once

#include <cstdint>
#include <span>

#include "worker/data/split.h"
#include "worker/nn/dropout.h"
#include "worker/nn/layer.h"

namespace hpsearch::train {

class BatchReader {
 public:
  BatchReader(const data::Split& split, std::int64_t width) : split_(split), width_(width) {}

  // rows.size() rows of `width` floats, and as many labels.
  void Read(std::span<const std::uint32_t> rows, float* src, std::uint8_t* labels) const;
  // The same with dropout; decisions run through the batch row after row.
  void ReadWithDropout(std::span<const std::uint32_t> rows, const nn::DropoutRule& dropout, const nn::Step& step,
                       float* src, std::uint8_t* labels) const;

 private:
  const std::uint8_t* Row(std::uint32_t row) const;
  void ReadLabels(std::span<const std::uint32_t> rows, std::uint8_t* labels) const;
  // The row that is wanted soon when row i is.
  const std::uint8_t* RowAhead(std::span<const std::uint32_t> rows, std::size_t i) const;

  const data::Split& split_;
  const std::int64_t width_;
};

}  // namespace hpsearch::train
