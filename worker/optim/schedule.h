// The learning rate of a step, by the schedules that are functions of it; reduce_on_plateau, which is one of the
// curve, is plateau.h's. Steps are counted from 0 over the whole training. With t = step, n = steps an epoch,
// E = the schedule's epochs (by default the training's), x = min(t / (E n), 1), the learning rate is
//
//   time_decay    divided by 1 + rate * t                           Keras's time-based decay
//   step          times factor ^ floor(t / (epochs n))              PyTorch's StepLR
//   exponential   times decay_rate ^ (t / decay_steps)              Keras's ExponentialDecay; the exponent rounded
//                                                                   down with a staircase
//   polynomial    times (1 - final_factor) (1 - x) ^ power + final_factor          Keras's PolynomialDecay
//   cosine        times t / (W n) before the end of W warm-up epochs; behind it, with
//                 y = min((t - W n) / ((E - W) n), 1),
//                 times (1 - final_factor) (1 + cos(pi y)) / 2 + final_factor      Keras's CosineDecay
//
// so that a schedule with an end stays where it ended. Pure; any thread; no errors.
#pragma once

#include <cstdint>
#include <optional>

#include "server/model/schedule.h"

namespace hpsearch::optim {

// What a step's place in a training is counted by.
struct TrainingLength {
  std::int64_t steps_per_epoch = 1;  // from 1
  std::int64_t epochs = 1;           // from 1
};

// Requires: a warm-up that is shorter than its schedule.
double ScheduledRate(double learning_rate, const model::Schedule& schedule, const TrainingLength& length,
                     std::int64_t step);

}  // namespace hpsearch::optim
