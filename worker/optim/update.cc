#include "worker/optim/update.h"

#include <algorithm>
#include <cstdint>

#include "worker/nn/vectorized.h"
#include "worker/optim/max_norm.h"
#include "worker/optim/tile.h"

namespace hpsearch::optim {
namespace {

// Units whose weights share a cache line: a bound that is met by few is paid for by few.
constexpr std::int64_t kLineUnits = 16;

// Each unit's weights times its factor, but for the lines of which none has one.
HPSEARCH_VECTORIZED void ScaleColumns(float* __restrict value, const float* __restrict factor, std::int64_t rows,
                                      std::int64_t stride, std::int64_t units) {
  std::int64_t begin = 0;
  while (begin < units) {
    const auto is_one = [](float each) { return each == 1.0f; };
    const auto line_is_one = [&](std::int64_t at) {
      return std::all_of(factor + at, factor + std::min(at + kLineUnits, units), is_one);
    };
    if (line_is_one(begin)) {
      begin += kLineUnits;
      continue;
    }
    std::int64_t end = begin + kLineUnits;
    while (end < units && !line_is_one(end)) end += kLineUnits;
    end = std::min(end, units);
    float* row_value = value;
    for (std::int64_t row = 0; row < rows; ++row, row_value += stride) {
      for (std::int64_t unit = begin; unit < end; ++unit) row_value[unit] *= factor[unit];
    }
    begin = end;
  }
}

HPSEARCH_VECTORIZED void Scale(float* value, float factor, std::int64_t count) {
  for (std::int64_t i = 0; i < count; ++i) value[i] *= factor;
}

// Units side by side: a tile of units is updated and squared from the first input to the last, then scaled.
void ApplyByTile(const Rule& rule, const Variable& variable, const Run& whole) {
  const std::int64_t widest = variable.units > kTile ? kWideTile : kTile;
  float sums[kWideTile];
  float squares[kWideTile];
  for (std::int64_t unit = 0; unit < variable.units; unit += widest) {
    const std::int64_t tile = std::min(widest, variable.units - unit);
    std::fill_n(sums, tile, 0.0f);
    for (std::int64_t input = 0; input < variable.inputs; input += kNormBlock) {
      const std::int64_t rows = std::min(kNormBlock, variable.inputs - input);
      std::fill_n(squares, tile, 0.0f);
      rule.UpdateWithSquares(whole.At(input * variable.units + unit), squares, rows, variable.units, tile);
      for (std::int64_t i = 0; i < tile; ++i) sums[i] += squares[i];
    }
    for (std::int64_t i = 0; i < tile; ++i) sums[i] = MaxNormFactor(sums[i], *variable.max_norm);
    ScaleColumns(variable.value.data() + unit, sums, variable.inputs, variable.units, tile);
  }
}

// A unit's inputs side by side: unit by unit. Input i of a block adds to lane i, the lanes are summed in order.
void ApplyByUnit(const Rule& rule, const Variable& variable, const Run& whole) {
  const std::int64_t blocks = variable.inputs / kNormBlock;
  const std::int64_t rest = variable.inputs % kNormBlock;
  for (std::int64_t unit = 0; unit < variable.units; ++unit) {
    const std::int64_t begin = unit * variable.inputs;
    float lanes[kNormBlock] = {};
    rule.UpdateWithSquares(whole.At(begin), lanes, blocks, kNormBlock, kNormBlock);
    rule.UpdateWithSquares(whole.At(begin + blocks * kNormBlock), lanes, 1, 0, rest);
    float sum = 0;
    for (const float lane : lanes) sum += lane;
    Scale(variable.value.data() + begin, MaxNormFactor(sum, *variable.max_norm), variable.inputs);
  }
}

}  // namespace

void ApplyUpdate(const Rule& rule, const Variable& variable,
                 const std::array<std::span<float>, kMostSlots>& slots) {
  const Run whole = {
      variable.value.data(), variable.gradient.data(), {slots[0].data(), slots[1].data(), slots[2].data()}};
  if (!variable.max_norm.has_value()) {
    rule.Update(whole, static_cast<std::int64_t>(variable.value.size()));
  } else if (variable.units_innermost) {
    ApplyByTile(rule, variable, whole);
  } else {
    ApplyByUnit(rule, variable, whole);
  }
}

}  // namespace hpsearch::optim
