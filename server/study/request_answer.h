// The answer to a request, as text that is kept with its request_id, so that repeating the request returns the
// study's record as it was then. Pure.
#pragma once

#include <string>

#include "absl/status/statusor.h"
#include "server/study/records.h"

namespace hpsearch::study {

// `verb` is what was asked for: create, pause, ... The spec is left out: it never changes.
std::string EncodeAnswer(const std::string& verb, const StudyRecord& study);

// INVALID_ARGUMENT: the answer is of another verb or another study, so the request_id was used twice.
absl::StatusOr<StudyRecord> DecodeAnswer(const std::string& answer, const std::string& verb,
                                         const std::string& study);

}  // namespace hpsearch::study
