// A data set for machines that have none: random bytes and labels in Fashion-MNIST's shape, 60,000 rows of 28x28
// of 10 classes. There is nothing to learn in it; what a step costs is the same.
//
// Pure; any thread. Errors: std::bad_alloc.
#pragma once

#include <memory>

#include "worker/data/dataset.h"

namespace hpsearch::bench {

std::shared_ptr<const data::Dataset> MakeSyntheticSet();

}  // namespace hpsearch::bench
