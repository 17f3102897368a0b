#include "worker/nn/spatial_dropout2d.h"

#include "worker/nn/vectorized.h"

namespace hpsearch::nn {
namespace {

// `groups` times `pixels` times `run` channels that lie together, each multiplied by its factor; dst may be src.
HPSEARCH_VECTORIZED void MultiplyChannels(const float* src, const float* factor, std::int64_t groups,
                                          std::int64_t pixels, std::int64_t run, float* dst) {
  for (std::int64_t group = 0; group < groups; ++group, factor += run) {
    if (run == 1) {
      const float each = factor[0];
#pragma GCC ivdep
      for (std::int64_t i = 0; i < pixels; ++i) dst[i] = src[i] * each;
    } else {
      for (std::int64_t pixel = 0; pixel < pixels; ++pixel) {
#pragma GCC ivdep
        for (std::int64_t i = 0; i < run; ++i) dst[pixel * run + i] = src[pixel * run + i] * factor[i];
      }
    }
    src += pixels * run;
    dst += pixels * run;
  }
}

class SpatialDropout2dPass : public LayerPass {
 public:
  SpatialDropout2dPass(const DropoutRule& rule, const Layout& layout, std::int64_t rows, const Tensors& tensors)
      : rule_(rule),
        pixels_(layout.height * layout.width),
        run_(RunOf(layout)),
        tensors_(tensors),
        channels_(rows * layout.channels),
        factor_(channels_) {}

  void Forward(const Step& step) override {
    rule_.Factors(step, channels_, factor_.data());
    MultiplyChannels(tensors_.src, factor_.data(), channels_ / run_, pixels_, run_, tensors_.dst);
  }
  void Backward() override {
    MultiplyChannels(tensors_.diff_dst, factor_.data(), channels_ / run_, pixels_, run_, tensors_.diff_src);
  }

 private:
  static std::int64_t RunOf(const Layout& layout) {
    if (layout.order == ChannelOrder::kLast) return layout.channels;
    return layout.order == ChannelOrder::kBlocked ? layout.block : 1;
  }

  const DropoutRule rule_;
  const std::int64_t pixels_;
  const std::int64_t run_;
  const Tensors tensors_;
  const std::int64_t channels_;  // of all rows
  Floats factor_;
};

}  // namespace

std::unique_ptr<LayerPass> SpatialDropout2d::MakePass(std::int64_t rows, bool /*training*/,
                                                      const Tensors& tensors) {
  return std::make_unique<SpatialDropout2dPass>(rule_, layout_, rows, tensors);
}

}  // namespace hpsearch::nn
