// Which epoch of a curve a study's objective takes, as the coordinator does it: at best, ties go to the earlier
// one. Pure; no errors.
#pragma once

#include <cstdint>
#include <optional>

#include "hpsearch/v1/study.pb.h"
#include "hpsearch/v1/trial.pb.h"

namespace hpsearch::agent {

struct BestEpoch {
  std::optional<double> value;  // of the objective; nullopt: none was finite
  std::int64_t epoch = 0;

  // Whether the curve's new last epoch is the one that counts now.
  bool Take(const v1::Objective& objective, const v1::Epoch& epoch);
};

// Whether `a` is strictly better.
bool Better(const v1::Objective& objective, double a, double b);

}  // namespace hpsearch::agent
