#include "worker/nn/assembly.h"

#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/model/shapes.h"
#include "worker/nn/activation.h"
#include "worker/nn/batch_normalization.h"
#include "worker/nn/conv2d.h"
#include "worker/nn/dense.h"
#include "worker/nn/layout.h"
#include "worker/nn/pooling2d.h"
#include "worker/nn/relayout.h"
#include "worker/nn/simplify.h"

namespace hpsearch::nn {
namespace {

using model::ActivationKind;

// Channels so few that oneDNN's convolutions read them channels first.
constexpr std::int64_t kFewChannels = 3;

Layout FirstLayout(const model::Shape& src) {
  const std::optional<model::ImageShape> image = model::ImageOf(src);
  if (!image.has_value()) return Layout::Flat(model::Elements(src));
  return {.channels = image->channels, .height = image->height, .width = image->width};
}

// Whether oneDNN's kernel for blocks of channels takes the convolution.
bool GoesInBlocks(const model::Conv2dLayer& conv, std::int64_t channels, std::int64_t block) {
  if (conv.filters % block != 0) return false;
  if (channels % block != 0) return channels <= kFewChannels && conv.groups == 1;
  const bool depthwise = conv.groups == channels && conv.groups == conv.filters;
  return depthwise || (channels / conv.groups % block == 0 && conv.filters / conv.groups % block == 0);
}

class Assembler {
 public:
  Assembler(const model::Network& network, const RandomSource& source)
      : source_(source), placed_(Simplify(network)), shape_(network.src), layout_(FirstLayout(network.src)) {}

  absl::StatusOr<Assembly> Run() {
    ChooseOrder();
    for (std::size_t i = 0; i < placed_.size(); ++i) {
      if (absl::Status status = Check(placed_[i]); !status.ok()) return status;
      std::visit([&](const auto& layer) { Add(layer, i); }, placed_[i].layer);
      shape_ = *model::DstShape(placed_[i].layer, shape_, fault_);
    }
    if (!layout_.plain()) BringTo(ChannelOrder::kFirst, 1);  // an output's values are counted
    return std::move(assembly_);
  }

 private:
  // Blocks where every convolution goes in them, else channels last, which takes any number of channels.
  void ChooseOrder() {
    if (block_ == 0) order_ = ChannelOrder::kLast;
    std::optional<model::Shape> shape = shape_;
    for (const Placed& placed : placed_) {
      if (!shape.has_value()) return;
      const auto* conv = std::get_if<model::Conv2dLayer>(&placed.layer);
      const std::optional<model::ImageShape> image = model::ImageOf(*shape);
      if (order_ == ChannelOrder::kBlocked && conv != nullptr && image.has_value() &&
          !GoesInBlocks(*conv, image->channels, block_)) {
        order_ = ChannelOrder::kLast;
      }
      shape = model::DstShape(placed.layer, *shape, fault_);
    }
  }

  absl::Status Check(const Placed& placed) {
    const auto wrong = [&placed](auto&&... message) {
      return absl::InvalidArgumentError(absl::StrCat("layer '", placed.name, "': ", message...));
    };
    const auto* dense = std::get_if<model::DenseLayer>(&placed.layer);
    const auto* conv = std::get_if<model::Conv2dLayer>(&placed.layer);
    const auto* alone = std::get_if<model::ActivationLayer>(&placed.layer);
    const auto* dropout = std::get_if<model::DropoutLayer>(&placed.layer);
    if ((dense != nullptr && dense->activation == ActivationKind::kSoftmax) ||
        (conv != nullptr && conv->activation == ActivationKind::kSoftmax) ||
        (alone != nullptr && alone->activation == ActivationKind::kSoftmax)) {
      return wrong("a softmax stands before the last layer; it is trained as the last layer alone");
    }
    if (dense != nullptr && (dense->units < 1 || layout_.size() < 1)) {
      return wrong(layout_.size(), " inputs and ", dense->units, " units; both are from 1");
    }
    if (conv != nullptr && (conv->filters < 1 || conv->groups < 1)) {
      return wrong(conv->filters, " filters and ", conv->groups, " groups; both are from 1");
    }
    if (dropout != nullptr && !(dropout->rate >= 0 && dropout->rate < 1)) {
      return wrong("a dropout rate of ", dropout->rate, "; it is in [0, 1)");
    }
    if (!model::DstShape(placed.layer, shape_, fault_).has_value()) return wrong(fault_.message);
    return absl::OkStatus();
  }

  template <class Kind, class... Arguments>
  void Append(const Arguments&... arguments) {
    assembly_.layers.push_back(std::make_unique<Kind>(arguments...));
  }

  // The image in another order, copied where that is another order of memory.
  void BringTo(ChannelOrder order, std::int64_t block) {
    Layout wanted = layout_;
    wanted.order = order;
    wanted.block = block;
    if (!(wanted.plain() && layout_.plain()) && wanted != layout_) Append<Relayout>(layout_, wanted);
    layout_ = wanted;
  }

  Layout ImageBehind(std::size_t at) {
    const model::ImageShape image = *model::ImageOf(*model::DstShape(placed_[at].layer, shape_, fault_));
    Layout layout = layout_;
    layout.channels = image.channels;
    layout.height = image.height;
    layout.width = image.width;
    return layout;
  }

  const model::Pooling2dLayer* MaxPooling(std::size_t at) const {
    if (at >= placed_.size()) return nullptr;
    const auto* pooling = std::get_if<model::Pooling2dLayer>(&placed_[at].layer);
    return pooling != nullptr && pooling->kind == model::PoolingKind::kMax ? pooling : nullptr;
  }

  void Add(const model::DenseLayer& layer, std::size_t at) {
    Append<Dense>(layer, layout_, source_, placed_[at].place);
    layout_ = Layout::Flat(layer.units);
  }
  void Add(const model::DropoutLayer& layer, std::size_t at) {
    const DropoutRule rule(RandomStream(source_, Purpose::kDropout, placed_[at].place), layer.rate);
    if (assembly_.layers.empty() && !assembly_.input_dropout.has_value()) {
      assembly_.input_dropout = rule;
    } else {
      Append<Dropout>(rule, layout_.size());
    }
  }
  void Add(const model::ActivationLayer& layer, std::size_t /*at*/) { Append<Activation>(layer, layout_.size()); }
  void Add(const model::FlattenLayer& /*layer*/, std::size_t /*at*/) {}  // only the shape is another
  void Add(const model::Conv2dLayer& layer, std::size_t at) {
    if (order_ == ChannelOrder::kLast) {
      BringTo(ChannelOrder::kLast, 1);
    } else if (layout_.channels % block_ == 0) {
      BringTo(ChannelOrder::kBlocked, block_);
    } else {
      BringTo(ChannelOrder::kFirst, 1);
    }
    Layout dst = ImageBehind(at);
    dst.order = order_;
    dst.block = order_ == ChannelOrder::kBlocked ? block_ : 1;
    Append<Conv2d>(layer, layout_, dst, MaxPooling(at + 1) == nullptr, source_, placed_[at].place);
    layout_ = dst;
  }
  void Add(const model::Pooling2dLayer& layer, std::size_t at) {
    const Layout dst = ImageBehind(at);
    const auto* conv = at > 0 ? std::get_if<model::Conv2dLayer>(&placed_[at - 1].layer) : nullptr;
    const bool takes_over = conv != nullptr && layer.kind == model::PoolingKind::kMax;
    Append<Pooling2d>(layer, layout_, dst, takes_over ? conv->activation : ActivationKind::kLinear);
    layout_ = dst;
  }
  void Add(const model::GlobalAveragePooling2dLayer& /*layer*/, std::size_t /*at*/) {
    const model::Extent whole = {layout_.height, layout_.width};
    Layout dst = layout_;
    dst.height = dst.width = 1;
    Append<Pooling2d>(
        model::Pooling2dLayer{.kind = model::PoolingKind::kAverage, .pool_size = whole, .strides = whole}, layout_,
        dst, ActivationKind::kLinear);
    layout_ = Layout::Flat(dst.channels);
  }
  void Add(const model::BatchNormalizationLayer& layer, std::size_t /*at*/) {
    if (shape_.size() == 1) {  // each value is a feature
      if (!layout_.plain()) BringTo(ChannelOrder::kFirst, 1);
      layout_ = Layout::Flat(layout_.size());
    }
    Append<BatchNormalization>(layer, layout_);
  }

  const RandomSource source_;
  const std::int64_t block_ = ChannelBlock();
  const std::vector<Placed> placed_;
  ChannelOrder order_ = ChannelOrder::kBlocked;
  Assembly assembly_;
  model::Shape shape_;  // of what comes to the next layer
  Layout layout_;       // and how it lies
  model::ShapeFault fault_;
};

}  // namespace

absl::StatusOr<Assembly> Assemble(const model::Network& network, const RandomSource& source) {
  return Assembler(network, source).Run();
}

}  // namespace hpsearch::nn
