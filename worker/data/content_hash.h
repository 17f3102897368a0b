// The identity of a data set: what it holds, however its files are named or compressed. Pure.
#pragma once

#include <string>

#include "worker/data/dataset.h"

namespace hpsearch::data {

// xxh3-128, hexadecimal, over the sample's shape, the row counts and the bytes of both parts, in a fixed order and
// with fixed widths. The key and the hash that the set bears are not looked at.
std::string ContentHash(const Dataset& dataset);

}  // namespace hpsearch::data
