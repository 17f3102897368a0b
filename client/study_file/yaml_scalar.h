// Plain scalars as YAML 1.2's core schema tells them apart (https://yaml.org/spec/1.2.2, 10.3.2): `no` is text,
// `1e-4` a number, `012` the integer 12, `0o14` and `0xC` the same. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/model/document.h"

namespace hpsearch::study_file {

// INVALID_ARGUMENT: `.inf`, `.nan`, an integer that does not fit 64 bits, a number beyond the largest one.
absl::StatusOr<model::Scalar> ResolvePlain(const std::string& text);

}  // namespace hpsearch::study_file
