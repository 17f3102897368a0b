// Inverted dropout: a value is kept with probability 1 - rate and then divided by it, else it is 0. Decision i of
// a step is the i-th 16-bit half of the layer's random stream, kept from round(rate * 65536): the same stream for
// every rate, so that trials that differ in their rate differ in nothing else, and what a rate drops, a higher
// rate drops too.
//
// Threads and errors as layer.h has them.
#pragma once

#include <cstdint>
#include <memory>

#include "worker/nn/layer.h"
#include "worker/nn/random_stream.h"

namespace hpsearch::nn {

// Read as halves of the words that the generator wrote, which the language permits to such a type.
using Decision = std::uint16_t __attribute__((may_alias));

struct DropoutRule {
  static constexpr std::int64_t kBundleDecisions = std::int64_t{2} * kBundleWords;

  RandomStream stream;
  std::uint32_t threshold;  // a decision from here is kept
  float scale;              // of what is kept

  DropoutRule(const RandomStream& stream, double rate);  // rate in [0, 1)
  // By decisions 0 .. count - 1 of the step: what values are multiplied by.
  void Factors(const Step& step, std::int64_t count, float* factor) const;
  // values *= those factors, where what is dropped becomes 0 whatever it was.
  void Apply(const Step& step, std::int64_t count, float* values) const;
};

class Dropout : public Layer {
 public:
  Dropout(const DropoutRule& rule, std::int64_t width) : rule_(rule), width_(width) {}

  std::int64_t dst_width() const override { return width_; }
  bool elementwise() const override { return true; }
  bool training_only() const override { return true; }
  std::unique_ptr<LayerPass> MakePass(std::int64_t rows, bool training, const Tensors& tensors) override;

 private:
  const DropoutRule rule_;
  const std::int64_t width_;
};

}  // namespace hpsearch::nn
