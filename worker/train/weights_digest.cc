#include "worker/train/weights_digest.h"

#include "worker/data/digest.h"

namespace hpsearch::train {

std::string DigestOf(const std::vector<nn::Parameter*>& parameters) {
  data::Digest digest;
  std::vector<float> row;
  for (const nn::Parameter* parameter : parameters) {
    row.resize(static_cast<std::size_t>(parameter->units));
    for (std::int64_t input = 0; input < parameter->inputs; ++input) {
      for (std::int64_t unit = 0; unit < parameter->units; ++unit) {
        row[static_cast<std::size_t>(unit)] = parameter->value.data()[parameter->At(input, unit)];
      }
      digest.Append(row.data(), row.size() * sizeof(float));
    }
  }
  return digest.Hex();
}

}  // namespace hpsearch::train
