#include "server/rpc/new_study.h"

#include <fmt/format.h>

#include <utility>

#include "proto/codec/document_codec.h"
#include "server/model/document.h"
#include "server/model/fault.h"
#include "server/rpc/resource_name.h"
#include "server/search/round.h"

namespace hpsearch::rpc {
namespace {

// A study is answered as message and as JSON; both must fit an answer.
constexpr std::size_t kMostSpec = 1 << 20;

}  // namespace

absl::StatusOr<std::shared_ptr<const study::StudySpec>> ReadNewStudy(const v1::CreateStudyRequest& request,
                                                                     Paths paths) {
  const absl::StatusOr<model::Node> document = codec::ToDocument(request.spec());
  if (!document.ok()) return document.status();
  model::Faults faults;
  std::shared_ptr<const study::StudySpec> spec = study::ReadSpec(*document, nullptr, faults);
  if (!faults.empty()) return model::ToStatus(faults);
  if (paths == Paths::kRefused && study::WantsPath(*spec)) {
    faults.push_back({"dataset.path", "a server takes data sets by name, as its workers find them", {}});
    return model::ToStatus(faults);
  }
  if (spec->canonical.size() > kMostSpec) {
    return absl::InvalidArgumentError(
        fmt::format("the specification takes {} bytes; at most {} are taken", spec->canonical.size(), kMostSpec));
  }
  return spec;
}

absl::Status Preview(const study::StudySpec& spec, v1::Study* study) {
  study->set_name(StudyName(spec.name));
  if (absl::Status status = codec::FromDocument(spec.document, study->mutable_spec()); !status.ok()) return status;
  study->set_spec_json(spec.canonical);
  study->set_metric(spec.objective.metric);
  study->set_direction(spec.objective.direction == study::Objective::Direction::kMinimize ? "minimize"
                                                                                          : "maximize");
  const absl::StatusOr<search::Rounds> rounds = search::Rounds::Open(spec.space, spec.search, spec.seed);
  if (!rounds.ok()) return rounds.status();
  study->set_planned_trials(rounds->trials());
  study->set_max_trials(study::MostTrials(spec));
  return absl::OkStatus();
}

}  // namespace hpsearch::rpc
