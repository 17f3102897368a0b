#include "server/study/trial_key.h"

#include <fmt/format.h>
#include <xxhash.h>

#include "server/model/trial_content.h"
#include "server/study/data_hash.h"

namespace hpsearch::study {

std::string KeyOf(const TrialPlan& plan, const StudyRecord& study) {
  if (study.data_hash.empty() || study.numerics_digest.empty()) return "";
  const std::string data_hash = HashIn(study.data_hash, DatasetOf(plan));
  const absl::StatusOr<std::string> text = model::TrialContent{.model = plan.model,
                                                               .training = plan.training,
                                                               .dataset = plan.dataset,
                                                               .data_hash = data_hash,
                                                               .seed = plan.seed,
                                                               .replicate = plan.replicate,
                                                               .numerics_digest = study.numerics_digest}
                                               .Text();
  if (!text.ok()) return "";
  const XXH128_hash_t hash = XXH3_128bits(text->data(), text->size());
  return fmt::format("{:016x}{:016x}", hash.high64, hash.low64);
}

}  // namespace hpsearch::study
