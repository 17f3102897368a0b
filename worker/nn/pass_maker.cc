#include "worker/nn/pass_maker.h"

#include <algorithm>
#include <utility>

namespace hpsearch::nn {

PassMaker::PassMaker(const std::vector<Assembly::Node>& nodes, std::int64_t src_width, std::int64_t rows,
                     bool training)
    : nodes_(nodes), rows_(rows), training_(training), tensors_(nodes.size() + 1) {
  tensors_[0].width = src_width;
  for (std::size_t node = 0; node < nodes.size(); ++node) {
    Behind(node).width = nodes[node].layer->dst_width();
    for (std::size_t input = 0; input < nodes[node].inputs.size(); ++input) {
      ReadBy(node, input).readers.push_back(node);
    }
  }
}

PassMaker::Tensor& PassMaker::ReadBy(std::size_t node, std::size_t input) {
  return tensors_[static_cast<std::size_t>(nodes_[node].inputs[input] + 1)];
}

float* PassMaker::NewTensor(std::int64_t width) { return pass_->tensors_.emplace_back(rows_ * width).data(); }

float* PassMaker::ShareBuffer() {
  if (share_ != nullptr) return share_;
  std::int64_t most = 0;
  for (const Tensor& tensor : tensors_) {
    if (tensor.readers.size() > 1) most = std::max(most, tensor.width);
  }
  return share_ = NewTensor(most);
}

std::unique_ptr<Pass> PassMaker::Run() {
  pass_->rows_ = rows_;
  pass_->src_ = Floats(rows_ * tensors_[0].width);
  tensors_[0].data = pass_->src();
  for (std::size_t node = 0; node < nodes_.size(); ++node) Make(node);
  std::size_t bytes = 0;
  for (const auto& stage : pass_->stages_) bytes = std::max(bytes, stage.layer->ScratchpadBytes());
  pass_->scratchpad_ = Floats(static_cast<std::int64_t>(bytes / sizeof(float) + 1));
  for (const auto& stage : pass_->stages_) stage.layer->BindScratchpad(pass_->scratchpad_.data());
  const Tensor& output = tensors_.back();
  pass_->dst_ = output.data;
  pass_->diff_dst_ = output.diff;
  // With nothing to train it is for the loss alone.
  if (training_ && output.diff == nullptr) pass_->diff_dst_ = NewTensor(output.width);
  return std::move(pass_);
}

void PassMaker::Make(std::size_t node) {
  Layer& layer = *nodes_[node].layer;
  Tensor& dst = Behind(node);
  if (!training_ && layer.training_only()) {
    dst.data = ReadBy(node, 0).data;
    return;
  }
  dst.data = DstOf(node);
  // A gradient is wanted where something in front of it, or the layer itself, is trained.
  bool backward = layer.trains();
  for (std::size_t input = 0; input < nodes_[node].inputs.size(); ++input) {
    backward = backward || ReadBy(node, input).diff != nullptr;
  }
  Pass::Stage stage = {.layer = nullptr, .backward = training_ && backward, .share = {}};
  if (stage.backward) {
    dst.diff = layer.elementwise() ? InPlace(node) : nullptr;
    if (dst.diff == nullptr) dst.diff = NewTensor(dst.width);
  }
  const Tensors tensors = {.dst = dst.data, .diff_dst = dst.diff};
  stage.layer = nodes_[node].inputs.size() > 1 ? OfSeveral(node, tensors) : OfOneInput(node, tensors, stage.share);
  pass_->stages_.push_back(std::move(stage));
}

// In the place of what it reads, where nobody else does, backward least of all.
float* PassMaker::DstOf(std::size_t node) {
  const std::int64_t input = nodes_[node].inputs[0];
  if (input >= 0 && nodes_[node].layer->overwrites_src(training_) && ReadBy(node, 0).readers.size() == 1) {
    const Layer& producer = *nodes_[static_cast<std::size_t>(input)].layer;
    const bool skipped = !training_ && producer.training_only();
    if (!skipped && !(training_ && producer.reads_dst())) return ReadBy(node, 0).data;
  }
  return NewTensor(Behind(node).width);
}

float* PassMaker::InPlace(std::size_t node) {
  for (std::size_t input = 0; input < nodes_[node].inputs.size(); ++input) {
    const Tensor& src = ReadBy(node, input);
    if (src.diff != nullptr && WritesFirst(src, node) && std::ranges::count(src.readers, node) == 1)
      return src.diff;
  }
  return nullptr;
}

std::unique_ptr<LayerPass> PassMaker::OfOneInput(std::size_t node, Tensors tensors, Pass::Share& share) {
  Layer& layer = *nodes_[node].layer;
  const Tensor& src = ReadBy(node, 0);
  tensors.src = src.data;
  tensors.diff_src = src.diff;
  if (src.diff != nullptr && layer.elementwise()) tensors.diff_src = tensors.diff_dst;
  if (src.diff != nullptr && !WritesFirst(src, node)) {
    if (!layer.elementwise()) tensors.diff_src = ShareBuffer();
    share = {.diff = tensors.diff_src, .sum = src.diff, .count = rows_ * src.width};
  }
  return layer.MakePass(rows_, training_, tensors);
}

std::unique_ptr<LayerPass> PassMaker::OfSeveral(std::size_t node, Tensors tensors) {
  std::vector<Branch> branches;
  for (std::size_t input = 0; input < nodes_[node].inputs.size(); ++input) {
    const Tensor& src = ReadBy(node, input);
    const auto& inputs = nodes_[node].inputs;
    const bool again = std::find(inputs.begin(), inputs.begin() + static_cast<std::ptrdiff_t>(input),
                                 inputs[input]) != inputs.begin() + static_cast<std::ptrdiff_t>(input);
    branches.push_back({.src = src.data, .diff_src = src.diff, .adds = again || !WritesFirst(src, node)});
  }
  tensors.branches = branches;
  return nodes_[node].layer->MakePass(rows_, training_, tensors);
}

}  // namespace hpsearch::nn
