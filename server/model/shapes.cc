#include "server/model/shapes.h"

#include <fmt/format.h>

#include <algorithm>

namespace hpsearch::model {
namespace {

constexpr std::int64_t kMostConcatenated = std::int64_t{1} << 20;

std::string NoImage(const char* layer, const Shape& src) {
  return fmt::format(
      "{} takes an image, and a sample is {} here; height x width or channels x height x width is "
      "wanted",
      layer, ToString(src));
}

// Infers the shape behind one layer.
struct Inference {
  std::span<const Shape> srcs;
  ShapeFault& fault;
  const Shape& src = srcs.front();

  std::optional<Shape> Fault(const char* key, std::string message) const {
    fault = {key, std::move(message)};
    return std::nullopt;
  }

  std::optional<Shape> Slide(std::int64_t channels, const ImageShape& image, const char* key, const Extent& window,
                             const Extent& strides, const Extent& dilation, Padding padding) const {
    const Sliding rows = SlidingOf(image.height, window.height, strides.height, dilation.height, padding);
    const Sliding columns = SlidingOf(image.width, window.width, strides.width, dilation.width, padding);
    if (rows.dst < 1 || columns.dst < 1) {
      const auto reach = [](std::int64_t size, std::int64_t rate) { return (size - 1) * rate + 1; };
      return Fault(key, fmt::format("a window of {}x{} does not fit into {}x{}; a smaller one, or padding: same, "
                                    "is wanted",
                                    reach(window.height, dilation.height), reach(window.width, dilation.width),
                                    image.height, image.width));
    }
    return Shape{channels, rows.dst, columns.dst};
  }

  std::optional<Shape> operator()(const DenseLayer& layer) const { return Shape{layer.units}; }
  std::optional<Shape> operator()(const DropoutLayer& /*layer*/) const { return src; }
  std::optional<Shape> operator()(const FlattenLayer& /*layer*/) const { return Shape{Elements(src)}; }
  std::optional<Shape> operator()(const ActivationLayer& layer) const {
    if (layer.activation != ActivationKind::kSoftmax || src.size() == 1) return src;
    return Fault("activation",
                 fmt::format("a softmax on a shape of {}; put flatten or dense before it", ToString(src)));
  }
  std::optional<Shape> operator()(const Conv2dLayer& layer) const {
    const std::optional<ImageShape> image = ImageOf(src);
    if (!image.has_value()) return Fault("", NoImage("conv2d", src));
    if (image->channels % layer.groups != 0 || layer.filters % layer.groups != 0) {
      return Fault("groups", fmt::format("{} groups of {} channels and {} filters; a "
                                         "divisor of both is wanted",
                                         layer.groups, image->channels, layer.filters));
    }
    std::optional<Shape> dst = Slide(layer.filters, *image, "kernel_size", layer.kernel_size, layer.strides,
                                     layer.dilation_rate, layer.padding);
    if (dst.has_value() && layer.activation == ActivationKind::kSoftmax) {
      return Fault("activation",
                   fmt::format("a softmax on a shape of {}; put flatten or dense before it", ToString(*dst)));
    }
    return dst;
  }
  std::optional<Shape> operator()(const Pooling2dLayer& layer) const {
    const std::optional<ImageShape> image = ImageOf(src);
    if (!image.has_value()) {
      return Fault("", NoImage(layer.kind == PoolingKind::kMax ? "max_pooling2d" : "average_pooling2d", src));
    }
    return Slide(image->channels, *image, "pool_size", layer.pool_size, layer.strides, {}, layer.padding);
  }
  std::optional<Shape> operator()(const GlobalAveragePooling2dLayer& /*layer*/) const {
    const std::optional<ImageShape> image = ImageOf(src);
    if (!image.has_value()) return Fault("", NoImage("global_average_pooling2d", src));
    return Shape{image->channels};
  }
  std::optional<Shape> operator()(const BatchNormalizationLayer& /*layer*/) const {
    if (src.size() <= 3) return src;
    return Fault("", fmt::format("batch_normalization takes an image or a flat sample, and a sample is {} here; "
                                 "put flatten before it",
                                 ToString(src)));
  }
  std::optional<Shape> operator()(const AddLayer& /*layer*/) const {
    for (const Shape& other : srcs) {
      const bool same_image = ImageOf(src).has_value() && ImageOf(src) == ImageOf(other);
      if (other == src || same_image) continue;
      return Fault("inputs",
                   fmt::format("shapes of {} cannot be added; inputs of one shape are wanted", Shapes()));
    }
    return src;
  }
  std::optional<Shape> operator()(const ConcatenateLayer& /*layer*/) const {
    const std::optional<ImageShape> image = ImageOf(src);
    std::int64_t sum = 0;
    for (const Shape& other : srcs) {
      const std::optional<ImageShape> next = ImageOf(other);
      const bool fits = image.has_value()
                            ? next.has_value() && next->height == image->height && next->width == image->width
                            : src.size() == 1 && other.size() == 1;
      if (!fits) {
        return Fault("inputs",
                     fmt::format("shapes of {} cannot be concatenated; images of one height and width, or "
                                 "flat samples, are wanted",
                                 Shapes()));
      }
      sum += image.has_value() ? next->channels : other[0];
      if (sum > kMostConcatenated) {
        return Fault("inputs", fmt::format("shapes of {} are more than the {} that a layer may have, side by side",
                                           Shapes(), kMostConcatenated));
      }
    }
    return image.has_value() ? Shape{sum, image->height, image->width} : Shape{sum};
  }
  std::optional<Shape> operator()(const SpatialDropout2dLayer& /*layer*/) const {
    if (!ImageOf(src).has_value()) return Fault("", NoImage("spatial_dropout2d", src));
    return src;
  }
  std::optional<Shape> operator()(const ReshapeLayer& layer) const {
    const auto fault_of = [&](const std::string& what) {
      return Fault("target_shape",
                   fmt::format("{}; one to three axes that make {} values ({}), one of them -1 for "
                               "what is left, are wanted",
                               what, Elements(src), ToString(src)));
    };
    Shape dst = layer.target_shape;
    const auto open = std::ranges::count(dst, -1);
    if (dst.empty() || dst.size() > 3) return fault_of(fmt::format("{} axes", dst.size()));
    if (std::ranges::any_of(dst, [](std::int64_t extent) { return extent == 0 || extent < -1; }) || open > 1) {
      return fault_of(open > 1 ? "more than one axis of -1" : "an axis that is not from 1");
    }
    if (open == 1) {
      std::int64_t& left = *std::ranges::find(dst, -1);
      left = 1;
      const std::int64_t others = Elements(dst);
      left = Elements(src) % others == 0 ? Elements(src) / others : 1;
    }
    if (Elements(dst) != Elements(src))
      return fault_of(fmt::format("a shape of {}", ToString(layer.target_shape)));
    return dst;
  }

  // "28x28 and 14x14"
  std::string Shapes() const {
    std::string text;
    for (const Shape& shape : srcs) text += (text.empty() ? "" : " and ") + ToString(shape);
    return text;
  }
};

}  // namespace

std::optional<ImageShape> ImageOf(const Shape& shape) {
  if (shape.size() == 2) return ImageShape{1, shape[0], shape[1]};
  if (shape.size() == 3) return ImageShape{shape[0], shape[1], shape[2]};
  return std::nullopt;
}

Sliding SlidingOf(std::int64_t src, std::int64_t window, std::int64_t stride, std::int64_t dilation,
                  Padding padding) {
  const std::int64_t reach = (window - 1) * dilation + 1;
  if (padding == Padding::kValid) return {.dst = src < reach ? 0 : (src - reach) / stride + 1};
  const std::int64_t dst = (src + stride - 1) / stride;
  const std::int64_t zeros = std::max<std::int64_t>((dst - 1) * stride + reach - src, 0);
  return {.dst = dst, .before = zeros / 2, .after = zeros - zeros / 2};
}

std::optional<Shape> DstShape(const LayerKind& layer, std::span<const Shape> srcs, ShapeFault& fault) {
  return std::visit(Inference{srcs, fault}, layer);
}

std::optional<Shape> DstShape(const LayerKind& layer, const Shape& src, ShapeFault& fault) {
  return DstShape(layer, std::span(&src, 1), fault);
}

double WeightsOf(const LayerKind& layer, const Shape& src) {
  if (const auto* dense = std::get_if<DenseLayer>(&layer)) {
    return static_cast<double>(Elements(src)) * static_cast<double>(dense->units);
  }
  if (const auto* conv = std::get_if<Conv2dLayer>(&layer)) {
    const std::int64_t channels = ImageOf(src).value_or(ImageShape{}).channels / conv->groups;
    return static_cast<double>(channels) * static_cast<double>(conv->filters) *
           static_cast<double>(conv->kernel_size.height) * static_cast<double>(conv->kernel_size.width);
  }
  return 0;
}

}  // namespace hpsearch::model
