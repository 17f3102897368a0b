#include "worker/optim/sgd.h"

#include <algorithm>
#include <cstddef>

#include "worker/nn/vectorized.h"
#include "worker/optim/max_norm.h"

namespace hpsearch::optim {
namespace {

// Units that are updated together: few enough for their sums to stay in registers; in a wider kernel so many that
// its rows are read as streams. There, the rows of a narrow tile would lie a page apart each, in the same few sets
// of the caches.
constexpr std::int64_t kTile = 128;
constexpr std::int64_t kWideTile = 2048;
// A norm's squares are summed in float, in one of two fixed orders: with units side by side, within blocks of so
// many inputs and then over the blocks; with a unit's inputs side by side, in as many lanes and then over the
// lanes.
constexpr std::int64_t kNormBlock = 32;

enum class Rule { kPlain, kMomentum, kNesterov };

// The new weight; the one place where each rule is written.
template <Rule kRule>
inline float Updated(const SgdStep& step, float value, float gradient, float& velocity) {
  if constexpr (kRule == Rule::kPlain) return value - step.rate * gradient;
  velocity = step.momentum * velocity - step.rate * gradient;
  if constexpr (kRule == Rule::kMomentum) return value + velocity;
  return value + (step.momentum * velocity - step.rate * gradient);
}

template <Rule kRule>
inline void UpdateRun(const SgdStep& step, float* __restrict value, const float* __restrict gradient,
                      float* __restrict velocity, std::int64_t count) {
  float none = 0;
  for (std::int64_t i = 0; i < count; ++i) {
    value[i] = Updated<kRule>(step, value[i], gradient[i], kRule == Rule::kPlain ? none : velocity[i]);
  }
}

// As UpdateRun on `rows` runs of `count`, and adds the square of each new value to its column's place in
// `squares`.
template <Rule kRule>
inline void UpdateRowsWithSquares(const SgdStep& step, float* value, const float* gradient, float* velocity,
                                  float* __restrict squares, std::int64_t rows, std::int64_t stride,
                                  std::int64_t count) {
  float none = 0;
  for (std::int64_t row = 0; row < rows; ++row, value += stride, gradient += stride) {
    float* __restrict v = value;
    const float* __restrict g = gradient;
    float* __restrict u = velocity;
    for (std::int64_t i = 0; i < count; ++i) {
      v[i] = Updated<kRule>(step, v[i], g[i], kRule == Rule::kPlain ? none : u[i]);
      squares[i] += v[i] * v[i];
    }
    if constexpr (kRule != Rule::kPlain) velocity += stride;
  }
}

HPSEARCH_VECTORIZED void ScaleRows(float* __restrict value, const float* __restrict factor, std::int64_t rows,
                                   std::int64_t stride, std::int64_t units) {
  if (std::all_of(factor, factor + units, [](float each) { return each == 1.0f; })) return;
  for (std::int64_t row = 0; row < rows; ++row, value += stride) {
    for (std::int64_t unit = 0; unit < units; ++unit) value[unit] *= factor[unit];
  }
}

HPSEARCH_VECTORIZED void Scale(float* value, float factor, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) value[i] *= factor;
}

struct Views {
  float* value;
  const float* gradient;
  float* velocity;  // null without momentum
};

// A whole tile has a count that the compiler knows, and with it its sums in registers.
#define HPSEARCH_RULE(name, rule)                                                                          \
  HPSEARCH_VECTORIZED void Update##name(const SgdStep& step, const Views& at, std::int64_t count) {        \
    UpdateRun<rule>(step, at.value, at.gradient, at.velocity, count);                                      \
  }                                                                                                        \
  HPSEARCH_VECTORIZED void Update##name##WithSquares(const SgdStep& step, const Views& at, float* squares, \
                                                     std::int64_t rows, std::int64_t stride,               \
                                                     std::int64_t count) {                                 \
    if (count == kTile) {                                                                                  \
      UpdateRowsWithSquares<rule>(step, at.value, at.gradient, at.velocity, squares, rows, stride, kTile); \
    } else {                                                                                               \
      UpdateRowsWithSquares<rule>(step, at.value, at.gradient, at.velocity, squares, rows, stride, count); \
    }                                                                                                      \
  }
// The attribute of several versions goes with functions, not with templates.
HPSEARCH_RULE(Plain, Rule::kPlain)
HPSEARCH_RULE(Momentum, Rule::kMomentum)
HPSEARCH_RULE(Nesterov, Rule::kNesterov)
#undef HPSEARCH_RULE

Rule RuleOf(const SgdStep& step, const Variable& variable) {
  if (variable.velocity.empty()) return Rule::kPlain;
  return step.nesterov ? Rule::kNesterov : Rule::kMomentum;
}

void Update(Rule rule, const SgdStep& step, const Views& at, std::int64_t count) {
  switch (rule) {
    case Rule::kPlain:
      return UpdatePlain(step, at, count);
    case Rule::kMomentum:
      return UpdateMomentum(step, at, count);
    case Rule::kNesterov:
      return UpdateNesterov(step, at, count);
  }
}

void UpdateWithSquares(Rule rule, const SgdStep& step, const Views& at, float* squares, std::int64_t rows,
                       std::int64_t stride, std::int64_t count) {
  switch (rule) {
    case Rule::kPlain:
      return UpdatePlainWithSquares(step, at, squares, rows, stride, count);
    case Rule::kMomentum:
      return UpdateMomentumWithSquares(step, at, squares, rows, stride, count);
    case Rule::kNesterov:
      return UpdateNesterovWithSquares(step, at, squares, rows, stride, count);
  }
}

Views At(const Variable& variable, std::int64_t offset) {
  return {variable.value.data() + offset, variable.gradient.data() + offset,
          variable.velocity.empty() ? nullptr : variable.velocity.data() + offset};
}

// Units side by side: a tile of units is updated and squared from the first input to the last, then scaled. The
// tile's width changes no sum's order.
void ApplyByTile(Rule rule, const SgdStep& step, const Variable& variable) {
  const std::int64_t widest = variable.units > kTile ? kWideTile : kTile;
  float sums[kWideTile];
  float squares[kWideTile];
  for (std::int64_t unit = 0; unit < variable.units; unit += widest) {
    const std::int64_t tile = std::min(widest, variable.units - unit);
    std::fill_n(sums, tile, 0.0f);
    for (std::int64_t input = 0; input < variable.inputs; input += kNormBlock) {
      const std::int64_t rows = std::min(kNormBlock, variable.inputs - input);
      std::fill_n(squares, tile, 0.0f);
      UpdateWithSquares(rule, step, At(variable, input * variable.units + unit), squares, rows, variable.units,
                        tile);
      for (std::int64_t i = 0; i < tile; ++i) sums[i] += squares[i];
    }
    for (std::int64_t i = 0; i < tile; ++i) sums[i] = MaxNormFactor(sums[i], *variable.max_norm);
    ScaleRows(variable.value.data() + unit, sums, variable.inputs, variable.units, tile);
  }
}

// A unit's inputs side by side: unit by unit. Input i of a block adds to lane i, the lanes are summed in order.
void ApplyByUnit(Rule rule, const SgdStep& step, const Variable& variable) {
  for (std::int64_t unit = 0; unit < variable.units; ++unit) {
    const std::int64_t begin = unit * variable.inputs;
    const std::int64_t blocks = variable.inputs / kNormBlock;
    const std::int64_t rest = variable.inputs % kNormBlock;
    float lanes[kNormBlock] = {};
    UpdateWithSquares(rule, step, At(variable, begin), lanes, blocks, kNormBlock, kNormBlock);
    UpdateWithSquares(rule, step, At(variable, begin + blocks * kNormBlock), lanes, 1, 0, rest);
    float sum = 0;
    for (const float lane : lanes) sum += lane;
    Scale(variable.value.data() + begin, MaxNormFactor(sum, *variable.max_norm), variable.inputs);
  }
}

}  // namespace

void ApplySgd(const SgdStep& step, const Variable& variable) {
  const Rule rule = RuleOf(step, variable);
  if (!variable.max_norm.has_value()) {
    Update(rule, step, At(variable, 0), static_cast<std::int64_t>(variable.value.size()));
  } else if (variable.units_innermost) {
    ApplyByTile(rule, step, variable);
  } else {
    ApplyByUnit(rule, step, variable);
  }
}

}  // namespace hpsearch::optim
