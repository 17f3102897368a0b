// What shape a layer makes of a sample: the one place where shapes are inferred. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>

#include "server/model/network.h"

namespace hpsearch::model {

// A sample as an image.
struct ImageShape {
  std::int64_t channels = 1;
  std::int64_t height = 1;
  std::int64_t width = 1;
  bool operator==(const ImageShape&) const = default;
};
// nullopt: the shape is flat, or has more axes than an image.
std::optional<ImageShape> ImageOf(const Shape& shape);

// How a window goes along one axis: `dst` places, and as many zeros before and behind the source.
struct Sliding {
  std::int64_t dst = 0;
  std::int64_t before = 0;
  std::int64_t after = 0;
};
// dst is 0 where the window does not fit. Requires positive arguments.
Sliding SlidingOf(std::int64_t src, std::int64_t window, std::int64_t stride, std::int64_t dilation,
                  Padding padding);

struct ShapeFault {
  std::string key;  // of the layer that is at fault; empty: the layer as such
  std::string message;
};
// The shape behind the layer that reads `srcs`, one or more; nullopt, and `fault` says why, where it cannot stand
// on them.
std::optional<Shape> DstShape(const LayerKind& layer, std::span<const Shape> srcs, ShapeFault& fault);
// Of a layer that reads one.
std::optional<Shape> DstShape(const LayerKind& layer, const Shape& src, ShapeFault& fault);

// Weights of the kernel that the layer holds on samples of shape `src`.
double WeightsOf(const LayerKind& layer, const Shape& src);

}  // namespace hpsearch::model
