// The answer to a request, as text that is kept with its request_id, so that repeating the request returns the
// study's record as it was then. Pure.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/study/records.h"

namespace hpsearch::study {

// The study as the request left it.
struct StudyAnswer : StudyRecord {
  bool existed = false;  // of create: the study was there already
};

// INVALID_ARGUMENT: an id is 1 to 128 printable ASCII characters.
absl::Status CheckRequestId(const std::string& id);

// `verb` is what was asked for: create, pause, ... The spec is left out: it never changes.
std::string EncodeAnswer(const std::string& verb, const StudyRecord& study, bool existed = false);

// INVALID_ARGUMENT: the answer is of another verb or another study, so the request_id was used twice.
absl::StatusOr<StudyAnswer> DecodeAnswer(const std::string& answer, const std::string& verb,
                                         const std::string& study);

}  // namespace hpsearch::study
