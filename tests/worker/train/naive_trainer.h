// Training as a textbook has it: double precision, loops over everything, no library. What Trainer computes is
// held against this. It shares Initialize and the plateau with it (which have tests of their own) and nothing
// else; its random numbers come from Random123 by the written rules.
#pragma once

#include <cstdint>
#include <vector>

#include "tests/worker/optim/naive_rules.h"
#include "worker/optim/plateau.h"
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
    double l1 = 0, l2 = 0, rate_factor = 1;
    model::ActivationKind activation = model::ActivationKind::kLinear;
    std::vector<std::vector<optim::NaiveWeight>> kernel;  // [input][unit]
    std::vector<optim::NaiveWeight> bias;
    Matrix gradient;  // of the kernel
    std::vector<double> bias_gradient;
    Matrix src, dst;  // of the last forward
    Matrix factor;    // dropout's
  };

  Matrix Forward(const std::vector<std::uint32_t>& rows, bool training);
  // What rows come to beside their loss.
  struct Tally {
    double rows = 0, mistakes = 0, beyond_top5 = 0, absolute = 0, squared = 0, sum = 0, sum_of_squares = 0;
  };
  // Loss of the outputs, and the tally goes on; the gradient of the mean loss by the last layer's output, where
  // the loss has its activation in it by its input.
  double Evaluate(const std::vector<std::uint32_t>& rows, const Matrix& output, Tally& tally, Matrix& diff);
  std::vector<double> MetricsOf(const Tally& tally) const;
  double ErrorOf(const Tally& tally) const;
  double NormOf(bool gradients) const;
  // What the penalties add to the loss.
  double Penalties() const;
  double Rate() const;
  void Backward(Matrix diff);
  // Puts the bound on gradients that the optimizer asks for.
  void Clip();
  void Update();
  std::vector<std::uint32_t> Shuffled() const;

  bool regression() const { return setup_.split.task == model::Task::kRegression; }

  const TrialSetup& setup_;
  std::vector<Layer> layers_;
  std::int64_t epoch_ = 0;
  std::int64_t step_ = 0;
  std::int64_t steps_per_epoch_ = 0;
  optim::PlateauState plateau_;
};

}  // namespace hpsearch::train
