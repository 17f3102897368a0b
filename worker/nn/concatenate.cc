#include "worker/nn/concatenate.h"

#include <algorithm>
#include <numeric>

#include "worker/nn/vectorized.h"

namespace hpsearch::nn {
namespace {

void CopyRuns(const float* src, std::int64_t src_stride, float* dst, std::int64_t dst_stride, std::int64_t length,
              std::int64_t runs) {
  for (std::int64_t run = 0; run < runs; ++run)
    std::copy_n(src + run * src_stride, length, dst + run * dst_stride);
}

HPSEARCH_VECTORIZED void AddRuns(const float* __restrict src, std::int64_t src_stride, float* __restrict dst,
                                 std::int64_t dst_stride, std::int64_t length, std::int64_t runs) {
  for (std::int64_t run = 0; run < runs; ++run) {
    for (std::int64_t i = 0; i < length; ++i) dst[run * dst_stride + i] += src[run * src_stride + i];
  }
}

class ConcatenatePass : public LayerPass {
 public:
  ConcatenatePass(std::int64_t runs, const std::vector<std::int64_t>& lengths, const Tensors& tensors)
      : runs_(runs),
        lengths_(lengths),
        stride_(std::accumulate(lengths.begin(), lengths.end(), std::int64_t{0})),
        branches_(tensors.branches.begin(), tensors.branches.end()),
        dst_(tensors.dst),
        diff_dst_(tensors.diff_dst) {}

  void Forward(const Step& /*step*/) override {
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < branches_.size(); begin += lengths_[i++]) {
      CopyRuns(branches_[i].src, lengths_[i], dst_ + begin, stride_, lengths_[i], runs_);
    }
  }

  void Backward() override {
    std::int64_t begin = 0;
    for (std::size_t i = 0; i < branches_.size(); begin += lengths_[i++]) {
      const Branch& branch = branches_[i];
      if (branch.diff_src == nullptr) continue;
      const auto bring = branch.adds ? AddRuns : CopyRuns;
      bring(diff_dst_ + begin, stride_, branch.diff_src, lengths_[i], lengths_[i], runs_);
    }
  }

 private:
  const std::int64_t runs_;
  const std::vector<std::int64_t> lengths_;
  const std::int64_t stride_;
  const std::vector<Branch> branches_;
  float* const dst_;
  const float* const diff_dst_;
};

}  // namespace

Concatenate::Concatenate(const std::vector<Layout>& srcs, const Layout& dst)
    : width_(dst.size()), runs_(dst.order == ChannelOrder::kLast ? dst.height * dst.width : 1) {
  for (const Layout& src : srcs) lengths_.push_back(src.size() / runs_);
}

std::unique_ptr<LayerPass> Concatenate::MakePass(std::int64_t rows, bool /*training*/, const Tensors& tensors) {
  return std::make_unique<ConcatenatePass>(rows * runs_, lengths_, tensors);
}

}  // namespace hpsearch::nn
