// Rows of the store as messages. A read goes from its row to its message directly. Pure; any thread.
// Errors: INTERNAL where a row holds what no writer of ours puts there.
#pragma once

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "hpsearch/v1/round.pb.h"
#include "hpsearch/v1/study.pb.h"
#include "hpsearch/v1/trial.pb.h"
#include "server/store/study_reader.h"
#include "server/study/records.h"

namespace hpsearch::rpc {

using store::Detail;

absl::Status ToMessage(const store::StudyRow& row, Detail detail, v1::Study* study);
// Lays the coordinator's record over a row that may be younger: a repeated request is answered as it was at first.
void Overlay(const study::StudyRecord& record, v1::Study* study);
absl::Status ToMessage(const store::TrialRow& row, v1::Trial* trial);
absl::Status ToMessage(const store::RoundRow& row, v1::Round* round);
absl::Status ToMessage(const store::EpochRow& row, v1::Epoch* epoch);

}  // namespace hpsearch::rpc
