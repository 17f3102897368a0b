#include "worker/agent/lease_codec.h"

#include <utility>

#include "absl/status/status.h"
#include "proto/codec/document_codec.h"
#include "server/model/fault.h"

namespace hpsearch::agent {

absl::StatusOr<LeasedTrial> DecodeLease(const v1::Lease& lease) {
  if (lease.epochs() < 1) return absl::InvalidArgumentError("epochs: a lease has at least one");
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

  model::Faults faults;
  LeasedTrial trial;
  trial.dataset = model::ReadDataset(*dataset, faults);
  trial.training = model::ReadTraining(*training, faults);
  if (absl::Status status = model::ToStatus(faults); !status.ok()) return status;
  trial.model = model::Node(std::move(layers));
  trial.seed = lease.seed();
  trial.replicate = lease.replicate();
  return trial;
}

}  // namespace hpsearch::agent
