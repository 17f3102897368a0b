#include "server/study/round_epochs_check.h"

#include <fmt/format.h>

namespace hpsearch::study {

void CheckRoundEpochs(const model::Node& checked, const StudySpec& spec, model::Faults& faults) {
  constexpr const char* kPath = "search.refine.epochs";
  const std::vector<std::int64_t>& epochs = spec.search.refine->epochs;
  const model::Node* training = checked.Find("training");
  const model::Node* given = training == nullptr ? nullptr : training->Find("epochs");
  if (epochs.empty() || given == nullptr || given->is_null()) return;
  const auto* most = given->is_scalar() ? std::get_if<std::int64_t>(&given->scalar()) : nullptr;
  if (most == nullptr) {
    faults.push_back({kPath,
                      "training.epochs is a parameter's, and rounds have epochs of their own: one of them is "
                      "wanted"});
    return;
  }
  if (spec.stopping.race() != nullptr) {
    faults.push_back({kPath,
                      "a race in 'stopping' says how long trials are trained, and so do rounds' epochs: one of "
                      "them is wanted"});
  }
  for (std::size_t i = 0; i < epochs.size(); ++i) {
    if (epochs[i] <= *most) continue;
    faults.push_back(
        {model::Join(kPath, i),
         fmt::format("{} epochs, and training.epochs, what the study can give to a trial, is {}; at most "
                     "those, or more there, are wanted",
                     epochs[i], *most)});
  }
}

}  // namespace hpsearch::study
