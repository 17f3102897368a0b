#include "worker/agent/trial_key.h"

#include <algorithm>
#include <array>

#include "proto/codec/document_codec.h"
#include "server/model/json.h"
#include "worker/agent/lease_codec.h"
#include "worker/data/digest.h"
#include "worker/train/numerics_digest.h"

namespace hpsearch::agent {
namespace {

// A schedule that has an end and does not say where ends with the study's epochs, which are part of it then.
bool EndsWithTheStudy(const model::Node& training) {
  const model::Node* const schedule = training.Find("schedule");
  if (schedule == nullptr || !schedule->is_mapping() || schedule->mapping().empty()) return false;
  const auto& [kind, arguments] = schedule->mapping().front();
  constexpr std::array<std::string_view, 2> kWithAnEnd = {"polynomial", "cosine"};
  const model::Node* const epochs = arguments.Find("epochs");
  return std::ranges::find(kWithAnEnd, kind) != kWithAnEnd.end() && (epochs == nullptr || epochs->is_null());
}

void Erase(model::Node& mapping, std::string_view key) {
  std::erase_if(mapping.mapping(), [key](const model::Node::Entry& entry) { return entry.key == key; });
}

}  // namespace

absl::StatusOr<std::string> KeyOf(const v1::Lease& lease) {
  const absl::StatusOr<std::string> numerics = train::NumericsDigest();
  if (!numerics.ok()) return numerics.status();
  absl::StatusOr<model::Node> training = codec::ToDocument(lease.training());
  if (!training.ok()) return training.status();
  const absl::StatusOr<model::Node> dataset = codec::ToDocument(lease.dataset());
  if (!dataset.ok()) return dataset.status();
  model::Node::Sequence layers;
  for (const v1::Layer& message : lease.model()) {
    absl::StatusOr<model::Node> layer = codec::ToDocument(message);
    if (!layer.ok()) return layer.status();
    layers.push_back(*std::move(layer));
  }
  if (!EndsWithTheStudy(*training)) Erase(*training, "epochs");

  const model::Node content(model::Node::Mapping{{"model", std::move(layers)},
                                                 {"training", *std::move(training)},
                                                 {"dataset", *dataset},
                                                 {"data_hash", lease.data_hash()},
                                                 {"seed", lease.seed()},
                                                 {"replicate", lease.replicate()},
                                                 {"numerics", *numerics}});
  const std::string text = model::ToJson(content);
  data::Digest digest;
  digest.Append(text.data(), text.size());
  return digest.Hex();
}

}  // namespace hpsearch::agent
