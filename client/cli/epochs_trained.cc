#include "client/cli/epochs_trained.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <string>

namespace hpsearch::cli {
namespace {

// The epochs that the trial's origin had when the trial went on from it. One that was extended since had what its
// round gives each.
std::int64_t EpochsBefore(const store::TrialRow& trial, const store::TrialRow& origin,
                          const std::vector<store::RoundRow>& rounds) {
  std::int64_t epochs = origin.epochs;
  const bool extended = !origin.finished_at || (trial.started_at && *origin.finished_at > *trial.started_at);
  const auto round = std::ranges::find(rounds, origin.round, &store::RoundRow::round);
  if (extended && round != rounds.end() && round->epochs) epochs = std::min(epochs, *round->epochs);
  return std::min(epochs, trial.epochs);
}

}  // namespace

std::int64_t EpochsTrained(const std::vector<store::TrialRow>& trials,
                           const std::vector<store::RoundRow>& rounds) {
  std::map<std::string, const store::TrialRow*> by_name;
  for (const store::TrialRow& trial : trials) by_name[fmt::format("{}/{}", trial.study, trial.trial)] = &trial;
  std::int64_t trained = 0;
  for (const store::TrialRow& trial : trials) {
    if (trial.is_copy()) continue;
    trained += trial.epochs;
    if (!trial.reused_from) continue;
    const auto origin = by_name.find(*trial.reused_from);
    if (origin != by_name.end()) trained -= EpochsBefore(trial, *origin->second, rounds);
  }
  return trained;
}

}  // namespace hpsearch::cli
