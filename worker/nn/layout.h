// How the values of one sample lie in memory. model::Shape counts an image's values channel by channel; oneDNN's
// convolutions are at their fastest on channels in blocks of a vector's length, or on channels innermost. A graph
// chooses one order for all of its images when it is made; nothing is padded, so that passes over all values need
// not know of it, and a dense layer behind an image takes it as it lies (its kernel's inputs lie in that order).
//
// Plain values; any thread; no errors.
#pragma once

#include <cstdint>
#include <vector>

namespace hpsearch::nn {

enum class ChannelOrder {
  kFirst,    // channels, height, width: as the sample comes and as its values are counted
  kBlocked,  // channels / block, height, width, block
  kLast,     // height, width, channels
};

struct Layout {
  std::int64_t channels = 1;  // of a flat sample its width, and height and width are 1
  std::int64_t height = 1;
  std::int64_t width = 1;
  ChannelOrder order = ChannelOrder::kFirst;
  std::int64_t block = 1;  // of kBlocked; divides channels

  static Layout Flat(std::int64_t width) { return {.channels = width}; }
  std::int64_t size() const { return channels * height * width; }
  // Values lie in the order in which they are counted.
  bool plain() const {
    return order == ChannelOrder::kFirst || channels == 1 || height * width == 1 ||
           (order == ChannelOrder::kBlocked && block == 1);
  }
  // Where value `index`, counted channel by channel, lies.
  std::int64_t At(std::int64_t index) const;
  // The same of every value; empty where it is plain.
  std::vector<std::int32_t> Places() const;
  bool operator==(const Layout&) const = default;
};

// Channels in a block, as this processor and the instruction set that oneDNN is held to have them; 0: blocks are
// slower than channels last or not known (of AVX2's kernels those for channels last are as fast and take any
// number of channels, while an image of one channel before blocks has none for its weight gradient).
std::int64_t ChannelBlock();

}  // namespace hpsearch::nn
