#include "server/rpc/study_queries.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <string>
#include <string_view>
#include <vector>

#include "server/rpc/page.h"
#include "server/rpc/resource_name.h"
#include "server/rpc/row_codec.h"

namespace hpsearch::rpc {
namespace {

constexpr int kMostCurves = 1000;
constexpr std::int64_t kMostCurveEpochs = 80'000;  // some 9 MB without metrics of the study's own
constexpr std::size_t kMostCurveBytes = 12 << 20;  // with them fewer epochs than that are answered at once

// ListTrials pages by offset, ListRounds by the number of the last one.
absl::StatusOr<std::int64_t> Offset(std::string_view token) {
  std::int64_t offset = 0;
  if (token.empty()) return offset;
  const auto [end, error] = std::from_chars(token.data(), token.data() + token.size(), offset);
  if (error != std::errc() || end != token.data() + token.size() || offset < 0) return WrongPageToken();
  return offset;
}

// "KEY", "KEY asc" or "KEY desc".
absl::Status SetOrder(std::string_view order_by, store::TrialQuery* query) {
  if (order_by.empty()) return absl::OkStatus();
  const std::size_t space = order_by.find(' ');
  const std::string_view direction = space == std::string_view::npos ? "asc" : order_by.substr(space + 1);
  if (direction != "asc" && direction != "desc") {
    return absl::InvalidArgumentError("order_by: a key, alone or with ' asc' or ' desc' behind it, is wanted");
  }
  query->sort = std::string(order_by.substr(0, space));
  query->descending = direction == "desc";
  return absl::OkStatus();
}

absl::Status SetState(v1::TrialState state, store::TrialQuery* query) {
  if (state == v1::TRIAL_STATE_UNSPECIFIED) return absl::OkStatus();
  constexpr std::string_view kPrefix = "TRIAL_STATE_";
  const std::string& name = v1::TrialState_Name(state);
  if (name.empty())
    return absl::InvalidArgumentError(fmt::format("state: {} is no state", static_cast<int>(state)));
  query->state = name.substr(kPrefix.size());
  return absl::OkStatus();
}

}  // namespace

absl::Status GetStudy(store::StudyReader& reader, const v1::GetStudyRequest& request, v1::Study* study) {
  const absl::StatusOr<std::string> name = ParseStudyName(request.name());
  if (!name.ok()) return name.status();
  const absl::StatusOr<store::StudyRow> row = reader.Study(*name);
  if (!row.ok()) return row.status();
  return ToMessage(*row, Detail::kWhole, study);
}

// Studies page by the last one's name: new ones come in front of the first page and move nothing.
absl::Status ListStudies(store::StudyReader& reader, const v1::ListStudiesRequest& request,
                         v1::ListStudiesResponse* response) {
  const absl::StatusOr<std::int64_t> size = PageSize(request.page_size());
  if (!size.ok()) return size.status();
  // One more tells whether there is a further page.
  const absl::StatusOr<std::vector<store::StudyRow>> rows = reader.Studies(request.page_token(), *size + 1);
  if (absl::IsNotFound(rows.status())) return WrongPageToken();
  if (!rows.ok()) return rows.status();
  const bool more = static_cast<std::int64_t>(rows->size()) > *size;
  const auto end = more ? rows->end() - 1 : rows->end();
  for (auto row = rows->begin(); row != end; ++row) {
    absl::Status status = ToMessage(*row, Detail::kWithoutSpec, response->add_studies());
    if (!status.ok()) return status;
  }
  if (more) response->set_next_page_token((end - 1)->study);
  return absl::OkStatus();
}

absl::Status GetTrial(store::StudyReader& reader, const v1::GetTrialRequest& request, v1::Trial* trial) {
  const absl::StatusOr<TrialId> id = ParseTrialName(request.name());
  if (!id.ok()) return id.status();
  const absl::StatusOr<store::TrialRow> row =
      id->trial ? reader.Trial(id->study, *id->trial) : reader.BestTrial(id->study);
  if (!row.ok()) return row.status();
  return ToMessage(*row, trial);
}

absl::Status ListTrials(store::StudyReader& reader, const v1::ListTrialsRequest& request,
                        v1::ListTrialsResponse* response) {
  const absl::StatusOr<std::string> study = ParseStudyName(request.parent());
  if (!study.ok()) return study.status();
  const absl::StatusOr<std::int64_t> size = PageSize(request.page_size());
  if (!size.ok()) return size.status();
  const absl::StatusOr<std::int64_t> offset = Offset(request.page_token());
  if (!offset.ok()) return offset.status();
  store::TrialQuery query;
  query.study = *study;
  query.offset = *offset;
  query.limit = *size + 1;  // one more tells whether there is a further page
  query.most_bytes = kMostPageBytes;
  if (absl::Status status = SetOrder(request.order_by(), &query); !status.ok()) return status;
  if (absl::Status status = SetState(request.state(), &query); !status.ok()) return status;
  const absl::StatusOr<std::vector<store::TrialRow>> rows = reader.Trials(query);
  if (!rows.ok()) return rows.status();
  std::size_t bytes = 0;
  for (const store::TrialRow& row : *rows) {
    v1::Trial* trial = response->add_trials();
    if (absl::Status status = ToMessage(row, trial); !status.ok()) return status;
    bytes += trial->ByteSizeLong();
    const int count = response->trials_size() - 1;
    if (count < *size && (count == 0 || bytes <= kMostPageBytes)) continue;
    response->mutable_trials()->RemoveLast();
    response->set_next_page_token(std::to_string(*offset + count));
    break;
  }
  return absl::OkStatus();
}

absl::Status GetCurves(store::StudyReader& reader, const v1::GetCurvesRequest& request,
                       v1::GetCurvesResponse* response) {
  const absl::StatusOr<std::string> study = ParseStudyName(request.parent());
  if (!study.ok()) return study.status();
  if (request.trials_size() < 1 || request.trials_size() > kMostCurves) {
    return absl::InvalidArgumentError(
        fmt::format("trials: {} of them; 1 to {} are wanted", request.trials_size(), kMostCurves));
  }
  if (request.after_epoch() < 0) {
    return absl::InvalidArgumentError(fmt::format("after_epoch: {}; 0 or more is wanted", request.after_epoch()));
  }
  std::int64_t most = kMostCurveEpochs;
  std::size_t bytes = 0;
  for (const std::int64_t trial : request.trials()) {
    // One more tells whether there are further ones.
    const absl::StatusOr<std::vector<store::EpochRow>> rows =
        reader.Curve(*study, trial, request.after_epoch(), most + 1);
    if (!rows.ok()) return rows.status();
    v1::Curve* curve = response->add_curves();
    curve->set_trial(trial);
    for (const store::EpochRow& row : *rows) {
      if (curve->epochs_size() == most || bytes > kMostCurveBytes) break;
      v1::Epoch* epoch = curve->add_epochs();
      if (absl::Status status = ToMessage(row, epoch); !status.ok()) return status;
      bytes += epoch->ByteSizeLong();
    }
    const bool more = static_cast<std::size_t>(curve->epochs_size()) < rows->size();
    if (more && request.trials_size() > 1) {
      return absl::ResourceExhaustedError(
          fmt::format("trials: their curves have more than {} epochs, or with their metrics more than {} MiB; ask "
                      "for fewer at "
                      "once, down to one",
                      kMostCurveEpochs, kMostCurveBytes >> 20));
    }
    response->set_more(more);
    most -= curve->epochs_size();
  }
  return absl::OkStatus();
}

absl::Status ListRounds(store::StudyReader& reader, const v1::ListRoundsRequest& request,
                        v1::ListRoundsResponse* response) {
  const absl::StatusOr<std::string> study = ParseStudyName(request.parent());
  if (!study.ok()) return study.status();
  const absl::StatusOr<std::int64_t> size = PageSize(request.page_size());
  if (!size.ok()) return size.status();
  const absl::StatusOr<std::int64_t> after = Offset(request.page_token());
  if (!after.ok()) return after.status();
  // One more tells whether there is a further page.
  const absl::StatusOr<std::vector<store::RoundRow>> rows =
      reader.Rounds(*study, *after, *size + 1, kMostPageBytes);
  if (!rows.ok()) return rows.status();
  std::size_t bytes = 0;
  for (const store::RoundRow& row : *rows) {
    v1::Round* round = response->add_rounds();
    if (absl::Status status = ToMessage(row, round); !status.ok()) return status;
    bytes += round->ByteSizeLong();
    const int count = response->rounds_size() - 1;
    if (count < *size && (count == 0 || bytes <= kMostPageBytes)) continue;
    response->mutable_rounds()->RemoveLast();
    response->set_next_page_token(std::to_string(response->rounds(count - 1).round()));
    break;
  }
  return absl::OkStatus();
}

}  // namespace hpsearch::rpc
