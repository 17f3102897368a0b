// Training as a textbook has it: double precision, loops over everything, no library. What Trainer computes is
// held against this. It shares Initialize with it (which has tests of its own) and nothing else; its random
// numbers come from Random123 by the written rules.
#pragma once

#include <cstdint>
#include <vector>

#include "worker/train/trainer.h"

namespace hpsearch::train {

class NaiveTrainer {
 public:
  explicit NaiveTrainer(const TrialSetup& setup);
  EpochResult NextEpoch();

 private:
  using Matrix = std::vector<std::vector<double>>;
  struct Layer {
    std::int64_t place = 0;
    double dropout = -1;  // of a dropout layer
    bool dense = false;
    bool use_bias = true;
    double max_norm = 0;  // 0: none
    model::ActivationKind activation = model::ActivationKind::kLinear;
    Matrix kernel, kernel_velocity;  // [input][unit]
    std::vector<double> bias, bias_velocity;
    Matrix src, dst;  // of the last forward
    Matrix factor;    // dropout's
  };

  Matrix Forward(const std::vector<std::uint32_t>& rows, bool training);
  // Loss and mistakes of the outputs; the gradient of the mean loss by the last layer's input to its activation.
  double Evaluate(const std::vector<std::uint32_t>& rows, const Matrix& output, std::int64_t& mistakes,
                  Matrix& diff);
  void BackwardAndUpdate(Matrix diff);
  void Descend(double& weight, double& velocity, double gradient, double rate) const;
  std::vector<std::uint32_t> Shuffled() const;

  const TrialSetup& setup_;
  std::vector<Layer> layers_;
  std::int64_t epoch_ = 0;
  std::int64_t step_ = 0;
};

}  // namespace hpsearch::train
