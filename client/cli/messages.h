// The server's messages as the rows that a database reader gives, so that output code knows rows alone. Pure.
#pragma once

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "client/cli/target.h"
#include "hpsearch/v1/study_service.pb.h"
#include "server/store/study_reader.h"

namespace grpc {
class Status;
}

namespace hpsearch::cli {

store::StudyRow ToRow(const v1::Study& message);
store::TrialRow ToRow(const v1::Trial& message);
store::RoundRow ToRow(const v1::Round& message);
store::EpochRow ToRow(std::int64_t trial, const v1::Epoch& message);
store::WorkerRow ToRow(const v1::Worker& message);

std::string StudyResource(std::string_view study);                       // "studies/NAME"
std::string TrialResource(std::string_view study, std::string_view id);  // "studies/NAME/trials/ID"

// What a call to `target` ended with. UNAVAILABLE: the server is not reached. Where the server is this process's
// own that is the file's failure, as OfFile has it.
absl::Status ToStatus(const grpc::Status& status, const Target& target);

}  // namespace hpsearch::cli
