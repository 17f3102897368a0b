#include "worker/nn/relayout.h"

#include <algorithm>
#include <optional>

#include "worker/nn/primitive.h"

namespace hpsearch::nn {
namespace {

class RelayoutPass : public LayerPass {
 public:
  RelayoutPass(const dnnl::memory::desc& src, const dnnl::memory::desc& dst, const Tensors& tensors)
      : forward_(Primitive::Reorder(src, tensors.src, dst, tensors.dst)) {
    if (tensors.diff_src != nullptr) backward_ = Primitive::Reorder(dst, tensors.diff_dst, src, tensors.diff_src);
  }

  void Forward(const Step& /*step*/) override { forward_.Execute(); }
  void Backward() override {
    if (backward_.has_value()) backward_->Execute();
  }
  std::size_t ScratchpadBytes() const override {
    return std::max(forward_.scratchpad_bytes(), backward_.has_value() ? backward_->scratchpad_bytes() : 0);
  }
  void BindScratchpad(void* memory) override {
    forward_.BindScratchpad(memory);
    if (backward_.has_value()) backward_->BindScratchpad(memory);
  }

 private:
  Primitive forward_;
  std::optional<Primitive> backward_;
};

}  // namespace

std::unique_ptr<LayerPass> Relayout::MakePass(std::int64_t rows, bool /*training*/, const Tensors& tensors) {
  return std::make_unique<RelayoutPass>(ImageDesc(rows, src_), ImageDesc(rows, dst_), tensors);
}

}  // namespace hpsearch::nn
