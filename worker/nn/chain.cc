#include "worker/nn/chain.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "worker/nn/assembly.h"
#include "worker/nn/primitive.h"

namespace hpsearch::nn {
namespace {

absl::Status FromLibrary(const dnnl::error& error) {
  return absl::InternalError(
      absl::StrCat("oneDNN: ", error.what(), " (status ", static_cast<int>(error.status), ")"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Chain>> Chain::Create(const model::Network& network, const RandomSource& source) {
  absl::StatusOr<Assembly> assembly = Assemble(network, source);
  if (!assembly.ok()) return assembly.status();
  std::unique_ptr<Chain> chain(new Chain());
  chain->src_width_ = model::Elements(network.src);
  chain->input_dropout_ = assembly->input_dropout;
  chain->layers_ = std::move(assembly->layers);
  for (const auto& layer : chain->layers_) {
    for (Parameter* parameter : layer->parameters()) chain->parameters_.push_back(parameter);
    for (Parameter* statistic : layer->statistics()) chain->statistics_.push_back(statistic);
  }
  return chain;
}

std::int64_t Chain::dst_width() const { return layers_.empty() ? src_width_ : layers_.back()->dst_width(); }

absl::StatusOr<std::unique_ptr<Pass>> Chain::MakePass(std::int64_t rows, bool training) {
  auto pass = std::make_unique<Pass>();
  pass->rows_ = rows;
  pass->src_ = Floats(rows * src_width_);
  const auto add_tensor = [&](std::int64_t width) { return pass->tensors_.emplace_back(rows * width).data(); };
  // diff is wanted behind the first layer that has parameters, and of no tensor before it.
  const float* src = pass->src();
  float* diff_src = nullptr;
  bool trains = false;
  try {
    for (const auto& layer : layers_) {
      if (!training && layer->training_only()) continue;
      Tensors tensors = {.src = src, .dst = add_tensor(layer->dst_width()), .diff_src = diff_src};
      const bool backward = training && (trains || layer->trains());
      if (backward) {
        const bool in_place = layer->elementwise() && diff_src != nullptr;
        tensors.diff_dst = in_place ? diff_src : add_tensor(layer->dst_width());
      }
      pass->stages_.push_back({layer->MakePass(rows, training, tensors), backward});
      trains = backward;
      src = tensors.dst;
      diff_src = tensors.diff_dst;
    }
    std::size_t bytes = 0;
    for (const auto& stage : pass->stages_) bytes = std::max(bytes, stage.layer->ScratchpadBytes());
    pass->scratchpad_ = Floats(static_cast<std::int64_t>(bytes / sizeof(float) + 1));
    for (const auto& stage : pass->stages_) stage.layer->BindScratchpad(pass->scratchpad_.data());
  } catch (const dnnl::error& error) {
    return FromLibrary(error);
  }
  pass->dst_ = src;
  if (training && diff_src == nullptr) diff_src = add_tensor(dst_width());  // nothing to train: for the loss alone
  pass->diff_dst_ = diff_src;
  return pass;
}

absl::Status Pass::Forward(const Step& step) {
  try {
    for (const Stage& stage : stages_) stage.layer->Forward(step);
  } catch (const dnnl::error& error) {
    return FromLibrary(error);
  }
  return absl::OkStatus();
}

absl::Status Pass::Backward() {
  try {
    for (auto stage = stages_.rbegin(); stage != stages_.rend() && stage->backward; ++stage)
      stage->layer->Backward();
  } catch (const dnnl::error& error) {
    return FromLibrary(error);
  }
  return absl::OkStatus();
}

}  // namespace hpsearch::nn
