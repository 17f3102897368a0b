// A study's rounds as a table for people: a line for each box, with what it covers and why, and behind a round's
// first one what came of its trials. Pure; boxes that cannot be read are left out.
#pragma once

#include <string>
#include <vector>

#include "server/store/study_reader.h"
#include "server/study/spec.h"

namespace hpsearch::cli {

// `spec` may be null: one that cannot be read.
std::string RoundsText(const std::vector<store::RoundRow>& rounds, const study::StudySpec* spec, bool colour);

}  // namespace hpsearch::cli
