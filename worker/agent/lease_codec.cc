#include "worker/agent/lease_codec.h"

#include <utility>

#include "absl/status/status.h"
#include "proto/codec/document_codec.h"
#include "server/model/fault.h"

namespace hpsearch::agent {

absl::StatusOr<LeasedSections> SectionsOf(const v1::Lease& lease) {
  absl::StatusOr<model::Node> dataset = codec::ToDocument(lease.dataset());
  if (!dataset.ok()) return dataset.status();
  absl::StatusOr<model::Node> training = codec::ToDocument(lease.training());
  if (!training.ok()) return training.status();
  model::Node::Sequence layers;
  for (const v1::Layer& message : lease.model()) {
    absl::StatusOr<model::Node> layer = codec::ToDocument(message);
    if (!layer.ok()) return layer.status();
    layers.push_back(*std::move(layer));
  }
  return LeasedSections{*std::move(dataset), model::Node(std::move(layers)), *std::move(training)};
}

absl::StatusOr<LeasedTrial> DecodeLease(const v1::Lease& lease) {
  if (lease.epochs() < 1) return absl::InvalidArgumentError("epochs: a lease has at least one");
  absl::StatusOr<LeasedSections> sections = SectionsOf(lease);
  if (!sections.ok()) return sections.status();

  model::Faults faults;
  LeasedTrial trial;
  trial.dataset = model::ReadDataset(sections->dataset, faults);
  trial.training = model::ReadTraining(sections->training, faults);
  if (absl::Status status = model::ToStatus(faults); !status.ok()) return status;
  trial.model = std::move(sections->model);
  trial.seed = lease.seed();
  trial.replicate = lease.replicate();
  return trial;
}

}  // namespace hpsearch::agent
