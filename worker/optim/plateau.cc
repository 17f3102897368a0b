#include "worker/optim/plateau.h"

#include <algorithm>

namespace hpsearch::optim {

PlateauState AfterEpoch(const model::ReduceOnPlateau& rule, PlateauState state, double monitored) {
  if (state.cooldown > 0) {
    --state.cooldown;
    state.wait = 0;
  }
  if (monitored < state.best - rule.min_delta) {
    state.best = monitored;
    state.wait = 0;
    return state;
  }
  if (state.cooldown > 0) return state;
  ++state.wait;
  if (state.wait < rule.patience || state.learning_rate <= rule.min_lr) return state;
  state.learning_rate = std::max(state.learning_rate * rule.factor, rule.min_lr);
  state.cooldown = rule.cooldown;
  state.wait = 0;
  return state;
}

}  // namespace hpsearch::optim
