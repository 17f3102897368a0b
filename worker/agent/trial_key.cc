#include "worker/agent/trial_key.h"

#include <optional>
#include <utility>

#include "server/model/fault.h"
#include "server/model/json.h"
#include "server/model/training.h"
#include "worker/agent/lease_codec.h"
#include "worker/data/digest.h"
#include "worker/train/numerics_digest.h"

namespace hpsearch::agent {
namespace {

// A schedule that ends where the study says is another with other epochs.
bool EndsWithTheStudy(const std::optional<model::Schedule>& schedule) {
  return schedule.has_value() && model::EndOf(*schedule, 1) != model::EndOf(*schedule, 2);
}

void Erase(model::Node& mapping, std::string_view key) {
  std::erase_if(mapping.mapping(), [key](const model::Node::Entry& entry) { return entry.key == key; });
}

}  // namespace

absl::StatusOr<std::string> KeyOf(const v1::Lease& lease) {
  const absl::StatusOr<std::string> numerics = train::NumericsDigest();
  if (!numerics.ok()) return numerics.status();
  absl::StatusOr<LeasedSections> sections = SectionsOf(lease);
  if (!sections.ok()) return sections.status();
  model::Faults faults;
  const model::Training training = model::ReadTraining(sections->training, faults);
  if (absl::Status status = model::ToStatus(faults); !status.ok()) return status;
  if (!EndsWithTheStudy(training.schedule)) Erase(sections->training, "epochs");

  const model::Node content(model::Node::Mapping{{"model", std::move(sections->model)},
                                                 {"training", std::move(sections->training)},
                                                 {"dataset", std::move(sections->dataset)},
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
