#include "worker/nn/add_up.h"

#include <algorithm>
#include <vector>

#include "worker/nn/elementwise.h"

namespace hpsearch::nn {
namespace {

class AddUpPass : public LayerPass {
 public:
  AddUpPass(std::int64_t count, const Tensors& tensors)
      : count_(count),
        branches_(tensors.branches.begin(), tensors.branches.end()),
        dst_(tensors.dst),
        diff_dst_(tensors.diff_dst) {}

  void Forward(const Step& /*step*/) override {
    Add(branches_[0].src, branches_[1].src, dst_, count_);
    for (std::size_t i = 2; i < branches_.size(); ++i) Add(dst_, branches_[i].src, dst_, count_);
  }

  void Backward() override {
    for (const Branch& branch : branches_) {
      if (branch.diff_src == nullptr || branch.diff_src == diff_dst_) continue;
      if (branch.adds) {
        Add(branch.diff_src, diff_dst_, branch.diff_src, count_);
      } else {
        std::copy_n(diff_dst_, count_, branch.diff_src);
      }
    }
  }

 private:
  const std::int64_t count_;
  const std::vector<Branch> branches_;
  float* const dst_;
  const float* const diff_dst_;
};

}  // namespace

std::unique_ptr<LayerPass> AddUp::MakePass(std::int64_t rows, bool /*training*/, const Tensors& tensors) {
  return std::make_unique<AddUpPass>(rows * width_, tensors);
}

}  // namespace hpsearch::nn
