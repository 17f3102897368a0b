#include "worker/nn/graph.h"

#include "absl/strings/str_cat.h"
#include "worker/nn/elementwise.h"
#include "worker/nn/pass_maker.h"
#include "worker/nn/primitive.h"

namespace hpsearch::nn {
namespace {

absl::Status FromLibrary(const dnnl::error& error) {
  return absl::InternalError(
      absl::StrCat("oneDNN: ", error.what(), " (status ", static_cast<int>(error.status), ")"));
}

}  // namespace

absl::StatusOr<std::unique_ptr<Graph>> Graph::Create(const model::Network& network, const RandomSource& source,
                                                     model::Precision precision) {
  absl::StatusOr<Assembly> assembly = Assemble(network, source, precision);
  if (!assembly.ok()) return assembly.status();
  std::unique_ptr<Graph> graph(new Graph());
  graph->src_width_ = model::Elements(network.src);
  graph->assembly_ = *std::move(assembly);
  for (const Assembly::Node& node : graph->assembly_.nodes) {
    for (Parameter* parameter : node.layer->parameters()) graph->parameters_.push_back(parameter);
    for (Parameter* statistic : node.layer->statistics()) graph->statistics_.push_back(statistic);
  }
  return graph;
}

std::int64_t Graph::dst_width() const {
  return assembly_.nodes.empty() ? src_width_ : assembly_.nodes.back().layer->dst_width();
}

absl::StatusOr<std::unique_ptr<Pass>> Graph::MakePass(std::int64_t rows, bool training) {
  try {
    return PassMaker(assembly_.nodes, src_width_, rows, training).Run();
  } catch (const dnnl::error& error) {
    return FromLibrary(error);
  }
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
    for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage) {
      if (!stage->backward) continue;
      stage->layer->Backward();
      const Share& share = stage->share;
      if (share.diff != nullptr) Add(share.sum, share.diff, share.sum, share.count);
    }
  } catch (const dnnl::error& error) {
    return FromLibrary(error);
  }
  return absl::OkStatus();
}

}  // namespace hpsearch::nn
