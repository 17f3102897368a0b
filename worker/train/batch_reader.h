// Rows of a data set into a batch: gathered, converted, normalized, with the dropout of the network's first layer
// on the way, all in one pass, and the labels as the trial numbers them, or a regression's targets.
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

struct BatchRows {
  std::span<const std::uint32_t> batch;
  std::span<const std::uint32_t> next;  // what will be read after it, fetched on the way; may be empty
};

class BatchReader {
 public:
  enum class Rows {
    kTrain,
    kTest
  };  // of Dataset::train: split.training and .validation; of test_part(): split.test
  BatchReader(const data::Split& split, std::int64_t width, Rows rows = Rows::kTrain)
      : split_(split), width_(width), rows_(rows) {}

  // batch.size() rows of `width` floats, and as many labels; labels null: none are wanted.
  void Read(const BatchRows& rows, float* src, std::uint8_t* labels) const;
  // The same with dropout; decisions run through the batch row after row.
  void ReadWithDropout(const BatchRows& rows, const nn::DropoutRule& dropout, const nn::Step& step, float* src,
                       std::uint8_t* labels) const;
  // As many numbers. Requires: a regression's split.
  void ReadTargets(std::span<const std::uint32_t> rows, float* targets) const;

 private:
  const data::Part& part() const { return rows_ == Rows::kTrain ? split_.dataset->train : split_.test_part(); }
  void ReadLabels(std::span<const std::uint32_t> rows, std::uint8_t* labels) const;

  const data::Split& split_;
  const std::int64_t width_;
  const Rows rows_;
};

}  // namespace hpsearch::train
