// Which of some rows are kept and which are left: the last ones left, or drawn from a seed, from all rows alike or
// class by class. The same for equal arguments, on any machine: the draws are Philox's (Salmon et al. 2011), under
// a key of their own.
//
// Pure; any thread. No errors.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "server/model/training.h"

namespace hpsearch::data {

// Each in the order of the rows that it comes from.
struct RowSplit {
  std::vector<std::uint32_t> kept, left;
};

// What a draw is for: draws of one seed for different ends have nothing to do with each other.
enum class DrawPurpose : std::uint32_t { kTest = 1, kValidation = 2 };

// `keep` of the rows, which are at least as many. kStratified: of each class, `labels[row]`, keep * size / rows
// rounded down, then one more of the classes with the largest remainders, the lower class first where they are
// equal: the whole is exact, and each class within one row of its share.
RowSplit SplitRows(std::vector<std::uint32_t> rows, std::int64_t keep, model::ValidationFrom from,
                   std::span<const std::uint8_t> labels, std::int64_t seed, DrawPurpose purpose);

}  // namespace hpsearch::data
