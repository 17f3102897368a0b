#include "worker/nn/assembly.h"

#include <algorithm>
#include <map>
#include <tuple>
#include <utility>
#include <variant>

#include "absl/strings/str_cat.h"
#include "server/model/shapes.h"
#include "worker/nn/activation.h"
#include "worker/nn/add_up.h"
#include "worker/nn/batch_normalization.h"
#include "worker/nn/concatenate.h"
#include "worker/nn/conv2d.h"
#include "worker/nn/dense.h"
#include "worker/nn/layout.h"
#include "worker/nn/network_check.h"
#include "worker/nn/pooling2d.h"
#include "worker/nn/relayout.h"
#include "worker/nn/simplify.h"
#include "worker/nn/spatial_dropout2d.h"

namespace hpsearch::nn {
namespace {

using model::ActivationKind;
using model::kNetworkInput;

// Channels so few that oneDNN's convolutions read them channels first.
constexpr std::int64_t kFewChannels = 3;

Layout PlainLayout(const model::Shape& src) {
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

// What the network's input or a layer makes.
struct Value {
  std::int64_t tensor = kNetworkInput;  // the node that writes it
  model::Shape shape;
  Layout layout;  // how it lies
};

class Assembler {
 public:
  Assembler(const model::Network& network, const RandomSource& source, model::Precision precision)
      : source_(source),
        precision_(precision),
        placed_(Simplify(network)),
        sample_{.shape = network.src, .layout = PlainLayout(network.src)},
        readers_(placed_.size() + 1) {
    for (std::size_t i = 0; i < placed_.size(); ++i) {
      for (const std::int64_t input : placed_[i].inputs) {
        readers_[static_cast<std::size_t>(input + 1)].push_back(i);
      }
    }
  }

  absl::StatusOr<Assembly> Run() {
    ChooseOrder();
    for (std::size_t i = 0; i < placed_.size(); ++i) {
      if (absl::Status status = CheckRuns(placed_[i].name, placed_[i].layer, Shapes(i)); !status.ok())
        return status;
      Value dst = std::visit([&](const auto& layer) { return Add(layer, i); }, placed_[i].layer);
      dst.shape = *model::DstShape(placed_[i].layer, Shapes(i), fault_);
      values_.push_back(std::move(dst));
    }
    const Value& output = placed_.empty() ? sample_ : values_.back();
    if (!output.layout.plain()) Plain(output);  // its values are counted
    return std::move(assembly_);
  }

 private:
  const Value& ValueOf(std::int64_t placed) const {
    return placed == kNetworkInput ? sample_ : values_[static_cast<std::size_t>(placed)];
  }
  // What layer `at` reads, or reads first.
  const Value& Src(std::size_t at) const { return ValueOf(placed_[at].inputs.front()); }
  std::vector<model::Shape> Shapes(std::size_t at) const {
    std::vector<model::Shape> shapes;
    for (const std::int64_t input : placed_[at].inputs) shapes.push_back(ValueOf(input).shape);
    return shapes;
  }
  const std::vector<std::size_t>& ReadersOf(std::int64_t placed) const {
    return readers_[static_cast<std::size_t>(placed + 1)];
  }

  // Blocks where every convolution goes in them, else channels last, which takes any number of channels.
  void ChooseOrder() {
    if (block_ == 0) order_ = ChannelOrder::kLast;
    std::vector<model::Shape> behind;
    for (const Placed& placed : placed_) {
      std::vector<model::Shape> srcs;
      for (const std::int64_t input : placed.inputs) {
        srcs.push_back(input == kNetworkInput ? sample_.shape : behind[static_cast<std::size_t>(input)]);
      }
      const std::optional<model::Shape> dst = model::DstShape(placed.layer, srcs, fault_);
      if (!dst.has_value()) return;
      behind.push_back(*dst);
      const auto* conv = std::get_if<model::Conv2dLayer>(&placed.layer);
      if (order_ == ChannelOrder::kBlocked && conv != nullptr &&
          !GoesInBlocks(*conv, model::ImageOf(srcs.front())->channels, block_)) {
        order_ = ChannelOrder::kLast;
      }
    }
  }

  template <class Kind, class... Arguments>
  std::int64_t Append(std::vector<std::int64_t> inputs, const Arguments&... arguments) {
    assembly_.nodes.push_back({std::make_unique<Kind>(arguments...), std::move(inputs)});
    return static_cast<std::int64_t>(assembly_.nodes.size()) - 1;
  }

  // The image in another order, copied where that is another order of memory, and once for all who want it so.
  Value Brought(const Value& value, ChannelOrder order, std::int64_t block) {
    Value wanted = value;
    wanted.layout.order = order;
    wanted.layout.block = block;
    if ((wanted.layout.plain() && value.layout.plain()) || wanted.layout == value.layout) return wanted;
    const auto [there, added] = brought_.try_emplace({value.tensor, order, block});
    if (added) there->second = Append<Relayout>({value.tensor}, value.layout, wanted.layout);
    wanted.tensor = there->second;
    return wanted;
  }
  Value Plain(const Value& value) { return Brought(value, ChannelOrder::kFirst, 1); }
  // As convolutions have them, where the number of channels permits it.
  Value AsConvolutionsHaveIt(const Value& value) {
    if (order_ == ChannelOrder::kLast) return Brought(value, ChannelOrder::kLast, 1);
    if (value.layout.channels % block_ != 0) return Plain(value);
    return Brought(value, ChannelOrder::kBlocked, block_);
  }

  Layout ImageBehind(std::size_t at, Layout layout) {
    const model::ImageShape image = *model::ImageOf(*model::DstShape(placed_[at].layer, Shapes(at), fault_));
    layout.channels = image.channels;
    layout.height = image.height;
    layout.width = image.width;
    return layout;
  }

  // The layer that alone reads what `at` makes; nullptr: there are several, or none.
  const model::LayerKind* OnlyReaderOf(std::int64_t at) const {
    return ReadersOf(at).size() == 1 ? &placed_[ReadersOf(at).front()].layer : nullptr;
  }
  static const model::Pooling2dLayer* MaxPooling(const model::LayerKind* layer) {
    const auto* pooling = layer == nullptr ? nullptr : std::get_if<model::Pooling2dLayer>(layer);
    return pooling != nullptr && pooling->kind == model::PoolingKind::kMax ? pooling : nullptr;
  }

  // Whether nobody but the layer sees the network's input.
  bool ReadsTheSampleAlone(std::size_t at) const {
    std::int64_t src = placed_[at].inputs.front();
    for (; src != kNetworkInput; src = placed_[static_cast<std::size_t>(src)].inputs.front()) {
      if (ValueOf(src).tensor != kNetworkInput || ReadersOf(src).size() != 1) return false;
    }
    return ReadersOf(kNetworkInput).size() == 1;
  }

  Value Add(const model::DenseLayer& layer, std::size_t at) {
    const Value& src = Src(at);
    std::optional<DropoutRule> dropout;
    if (const auto& fused = placed_[at].dropout) {
      dropout = DropoutRule(RandomStream(source_, Purpose::kDropout, fused->place), fused->rate);
    }
    return {
        .tensor = Append<Dense>({src.tensor}, layer, src.layout, source_, placed_[at].place, precision_, dropout),
        .shape = {},
        .layout = Layout::Flat(layer.units)};
  }
  Value Add(const model::DropoutLayer& layer, std::size_t at) {
    const DropoutRule rule(RandomStream(source_, Purpose::kDropout, placed_[at].place), layer.rate);
    Value value = Src(at);
    if (ReadsTheSampleAlone(at) && !assembly_.input_dropout.has_value()) {
      assembly_.input_dropout = rule;
    } else {
      value.tensor = Append<Dropout>({value.tensor}, rule, value.layout.size());
    }
    return value;
  }
  Value Add(const model::SpatialDropout2dLayer& layer, std::size_t at) {
    const DropoutRule rule(RandomStream(source_, Purpose::kDropout, placed_[at].place), layer.rate);
    Value value = Src(at);
    value.tensor = Append<SpatialDropout2d>({value.tensor}, rule, value.layout);
    return value;
  }
  Value Add(const model::ActivationLayer& layer, std::size_t at) {
    Value value = Src(at);
    value.tensor = Append<Activation>({value.tensor}, layer, value.layout.size());
    return value;
  }
  Value Add(const model::FlattenLayer& /*layer*/, std::size_t at) { return Src(at); }  // only the shape is another
  Value Add(const model::ReshapeLayer& layer, std::size_t at) {
    if (model::DstShape(layer, Src(at).shape, fault_)->size() == 1) return Src(at);
    Value value = Plain(Src(at));
    value.layout = PlainLayout(*model::DstShape(layer, Src(at).shape, fault_));
    return value;
  }
  Value Add(const model::Conv2dLayer& layer, std::size_t at) {
    const Value src = AsConvolutionsHaveIt(Src(at));
    Layout dst = ImageBehind(at, src.layout);
    dst.order = order_;
    dst.block = order_ == ChannelOrder::kBlocked ? block_ : 1;
    const bool differentiates = MaxPooling(OnlyReaderOf(static_cast<std::int64_t>(at))) == nullptr;
    return {.tensor = Append<Conv2d>({src.tensor}, layer, src.layout, dst, differentiates, source_,
                                     placed_[at].place, precision_),
            .shape = {},
            .layout = dst};
  }
  Value Add(const model::Pooling2dLayer& layer, std::size_t at) {
    const Value& src = Src(at);
    const Layout dst = ImageBehind(at, src.layout);
    const std::int64_t input = placed_[at].inputs.front();
    const auto* conv = input == kNetworkInput
                           ? nullptr
                           : std::get_if<model::Conv2dLayer>(&placed_[static_cast<std::size_t>(input)].layer);
    const bool takes_over = conv != nullptr && MaxPooling(OnlyReaderOf(input)) != nullptr;
    return {.tensor = Append<Pooling2d>({src.tensor}, layer, src.layout, dst,
                                        takes_over ? conv->activation : ActivationKind::kLinear),
            .shape = {},
            .layout = dst};
  }
  Value Add(const model::GlobalAveragePooling2dLayer& /*layer*/, std::size_t at) {
    const Value& src = Src(at);
    const model::Extent whole = {src.layout.height, src.layout.width};
    Layout dst = src.layout;
    dst.height = dst.width = 1;
    const model::Pooling2dLayer pooling = {
        .kind = model::PoolingKind::kAverage, .pool_size = whole, .strides = whole};
    return {.tensor = Append<Pooling2d>({src.tensor}, pooling, src.layout, dst, ActivationKind::kLinear),
            .shape = {},
            .layout = Layout::Flat(dst.channels)};
  }
  Value Add(const model::BatchNormalizationLayer& layer, std::size_t at) {
    Value value = Src(at);
    if (value.shape.size() == 1) {  // each value is a feature
      value = Plain(value);
      value.layout = Layout::Flat(value.layout.size());
    }
    value.tensor = Append<BatchNormalization>({value.tensor}, layer, value.layout);
    return value;
  }
  Value Add(const model::AddLayer& /*layer*/, std::size_t at) {
    const std::vector<Value> srcs = Alike(at);
    Value value = srcs.front();
    value.tensor = Append<AddUp>(TensorsOf(srcs), value.layout.size());
    return value;
  }
  Value Add(const model::ConcatenateLayer& /*layer*/, std::size_t at) {
    const std::vector<Value> srcs = Alike(at);
    std::vector<Layout> layouts;
    Layout dst = srcs.front().layout;
    dst.channels = 0;
    for (const Value& src : srcs) {
      layouts.push_back(src.layout);
      dst.channels += src.layout.channels;
    }
    return {.tensor = Append<Concatenate>(TensorsOf(srcs), layouts, dst), .shape = {}, .layout = dst};
  }

  static std::vector<std::int64_t> TensorsOf(const std::vector<Value>& values) {
    std::vector<std::int64_t> tensors;
    tensors.reserve(values.size());
    for (const Value& value : values) tensors.push_back(value.tensor);
    return tensors;
  }

  // What the layer reads, all in one order: that of convolutions, or plain where one of them does not take it, and
  // of flat samples, whose values are counted.
  std::vector<Value> Alike(std::size_t at) {
    std::vector<Value> srcs;
    bool blocks = true;
    bool flat = false;
    for (const std::int64_t input : placed_[at].inputs) {
      srcs.push_back(ValueOf(input));
      flat = flat || srcs.back().shape.size() == 1;
      blocks = blocks && srcs.back().layout.channels % std::max<std::int64_t>(block_, 1) == 0;
    }
    const bool plain = std::ranges::all_of(srcs, [](const Value& src) { return src.layout.plain(); });
    for (Value& src : srcs) {
      if (plain || flat || (order_ == ChannelOrder::kBlocked && !blocks)) {
        src = Plain(src);
      } else {
        src = AsConvolutionsHaveIt(src);
      }
      if (flat) src.layout = Layout::Flat(src.layout.size());
    }
    return srcs;
  }

  const RandomSource source_;
  const model::Precision precision_;
  const std::int64_t block_ = ChannelBlock();
  const std::vector<Placed> placed_;
  const Value sample_;
  std::vector<std::vector<std::size_t>> readers_;  // among placed_; the sample's first
  ChannelOrder order_ = ChannelOrder::kBlocked;
  Assembly assembly_;
  std::vector<Value> values_;  // of each of placed_
  std::map<std::tuple<std::int64_t, ChannelOrder, std::int64_t>, std::int64_t> brought_;
  model::ShapeFault fault_;
};

}  // namespace

absl::StatusOr<Assembly> Assemble(const model::Network& network, const RandomSource& source,
                                  model::Precision precision) {
  if (absl::Status status = CheckInputs(network); !status.ok()) return status;
  return Assembler(network, source, precision).Run();
}

}  // namespace hpsearch::nn
