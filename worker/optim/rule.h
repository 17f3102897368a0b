// What one step makes of a weight and its gradient: the interface between the update rules, a file each, and the
// pass over the weights that they all share (update.h). A rule works on runs of memory, so that one virtual call
// covers thousands of weights, and may keep up to three floats beside each ("slots", as TensorFlow calls them).
//
// Threads: one rule, one thread. Ownership: a rule owns nothing but its numbers; the memory is its caller's.
// Errors: none; what is not finite is the caller's to notice.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>

#include "server/model/optimizer.h"

namespace hpsearch::optim {

inline constexpr std::size_t kMostSlots = 3;

// Where a run begins in each of its matrices. Slots that the rule does not have are null.
struct Run {
  float* value = nullptr;
  const float* gradient = nullptr;
  std::array<float*, kMostSlots> slots = {};

  Run At(std::int64_t offset) const {
    Run run = {value + offset, gradient + offset, {}};
    for (std::size_t i = 0; i < kMostSlots; ++i) run.slots[i] = slots[i] == nullptr ? nullptr : slots[i] + offset;
    return run;
  }
};

class Rule {
 public:
  virtual ~Rule() = default;
  // Floats beside each weight, all 0 before the first step; up to kMostSlots.
  virtual std::size_t slots() const = 0;
  // What the next calls do: step `step`, from 1, at this rate.
  virtual void Begin(double rate, std::int64_t step) = 0;
  virtual void Update(const Run& run, std::int64_t count) const = 0;
  // As Update on `rows` runs of `count`, `stride` apart, and adds the square of each new value to its column's
  // place in `squares`, row after row.
  virtual void UpdateWithSquares(const Run& run, float* squares, std::int64_t rows, std::int64_t stride,
                                 std::int64_t count) const = 0;
};

// Each at its file: v = momentum * v - rate * g, and so on.
std::unique_ptr<Rule> MakeSgd(const model::Sgd& sgd);
std::unique_ptr<Rule> MakeAdam(const model::Adam& adam);
std::unique_ptr<Rule> MakeAdamW(const model::AdamW& adamw);
std::unique_ptr<Rule> MakeAdadelta(const model::Adadelta& adadelta);
std::unique_ptr<Rule> MakeRmsProp(const model::RmsProp& rmsprop);

std::unique_ptr<Rule> MakeRule(const model::Optimizer& optimizer);

}  // namespace hpsearch::optim
