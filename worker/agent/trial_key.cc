#include "worker/agent/trial_key.h"

#include <utility>

#include "server/model/trial_content.h"
#include "worker/agent/lease_codec.h"
#include "worker/data/digest.h"
#include "worker/train/numerics_digest.h"

namespace hpsearch::agent {

absl::StatusOr<std::string> KeyOf(const v1::Lease& lease) {
  const absl::StatusOr<std::string> numerics = train::NumericsDigest();
  if (!numerics.ok()) return numerics.status();
  const absl::StatusOr<LeasedSections> sections = SectionsOf(lease);
  if (!sections.ok()) return sections.status();
  const absl::StatusOr<std::string> text = model::TrialContent{.model = sections->model,
                                                               .training = sections->training,
                                                               .dataset = sections->dataset,
                                                               .data_hash = lease.data_hash(),
                                                               .seed = lease.seed(),
                                                               .replicate = lease.replicate(),
                                                               .numerics_digest = *numerics}
                                               .Text();
  if (!text.ok()) return text.status();
  data::Digest digest;
  digest.Append(text->data(), text->size());
  return digest.Hex();
}

}  // namespace hpsearch::agent
